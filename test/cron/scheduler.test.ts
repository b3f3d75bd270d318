import { describe, expect, it } from 'vitest';
import { createScheduler, type TaskRun } from '../../cron/scheduler.js';
import type { ScheduledTask } from '../../src/domain/scheduled-task.js';

function task(run: ScheduledTask['run'], timeoutMs = 10_000): ScheduledTask {
  return { id: 'trial', schedule: '0 3 * * *', timeZone: 'UTC', timeoutMs, run };
}
function scheduler(one: ScheduledTask) {
  const runs: TaskRun[] = [];
  return { runs, ...createScheduler([one], { log: () => undefined, onRun: (run) => runs.push(run) }) };
}

describe('scheduler', () => {
  it('reports a run that went well and one that threw', async () => {
    let fail = false;
    const it = scheduler(task(() => (fail ? Promise.reject(new Error('disk gone')) : Promise.resolve())));
    expect((await it.runNow('trial')).failure).toBeNull();
    fail = true;
    expect((await it.runNow('trial')).failure).toBe('disk gone');
    expect(it.runs).toHaveLength(2);
  });

  it('never runs a task beside itself: a second call joins the run under way', async () => {
    let starts = 0;
    let finish: () => void = () => undefined;
    const it = scheduler(task(() => { starts++; return new Promise((resolve) => { finish = resolve; }); }));
    const both = Promise.all([it.runNow('trial'), it.runNow('trial')]);
    finish();
    await both;
    expect(starts).toBe(1);
  });

  it('aborts a task past its time and on stop', async () => {
    const untilAborted: ScheduledTask['run'] = ({ signal }) => new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    });
    expect((await scheduler(task(untilAborted, 5)).runNow('trial')).failure).toBe('aborted');
    const stopped = scheduler(task(untilAborted));
    const run = stopped.runNow('trial');
    await stopped.stop();
    expect((await run).failure).toBe('aborted');
  });

  it('refuses an unknown task and names the known ones', () => {
    expect(() => scheduler(task(() => Promise.resolve())).runNow('nope')).toThrow(/Known: trial/);
  });
});
