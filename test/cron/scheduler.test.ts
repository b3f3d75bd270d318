import { describe, expect, it } from 'vitest';
import cron from 'node-cron';
import { previousFiring } from '../../cron/previous-firing.js';
import { createScheduler, type TaskRun } from '../../cron/scheduler.js';
import type { ScheduledTask } from '../../src/domain/scheduled-task.js';
import { memoryTaskRuns, type MemoryTaskRuns } from '../support/memory-task-runs.js';
import { until } from '../support/until.js';

function task(run: ScheduledTask['run'], timeoutMs = 10_000): ScheduledTask {
  return { id: 'trial', schedule: '0 3 * * *', timeZone: 'UTC', timeoutMs, run };
}
function scheduler(one: ScheduledTask, store: MemoryTaskRuns = memoryTaskRuns(), now: () => number = Date.now) {
  const runs: TaskRun[] = [];
  return { runs, store, ...createScheduler([one], { log: () => undefined, onRun: (run) => runs.push(run), runs: store, node: 'here', now }) };
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

  it('runs twice by hand within one millisecond', async () => {
    const it = scheduler(task(() => Promise.resolve()), memoryTaskRuns(), () => 1_000);
    await it.runNow('trial');
    await it.runNow('trial');
    expect(it.runs.map((run) => run.failure)).toEqual([null, null]);
  });

  it('never runs a task beside itself: a second call joins the run under way', async () => {
    let starts = 0;
    let finish: () => void = () => undefined;
    const it = scheduler(task(() => { starts++; return new Promise((resolve) => { finish = resolve; }); }));
    const both = Promise.all([it.runNow('trial'), it.runNow('trial')]);
    await until('the run has begun', () => starts > 0);
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

  it('refuses an unknown task and names the known ones', async () => {
    await expect(scheduler(task(() => Promise.resolve())).runNow('nope')).rejects.toThrow(/Known: trial/);
  });

  it('finds the newest firing at or before a moment, in the time zone of the task', () => {
    const daily = cron.createTask('30 2 * * *', () => undefined, { timezone: 'Europe/Berlin' });
    expect(previousFiring(daily, new Date('2026-07-10T00:29:59Z'))).toEqual(new Date('2026-07-09T00:30:00Z'));
    expect(previousFiring(daily, new Date('2026-07-10T00:30:20Z'))).toEqual(new Date('2026-07-10T00:30:00Z'));
    expect(previousFiring(daily, new Date('2026-01-10T12:00:00Z'))).toEqual(new Date('2026-01-10T01:30:00Z'));
    expect(previousFiring(cron.createTask('0 0 29 2 *', () => undefined), new Date('2026-07-10T00:00:00Z'))).toBeNull();
  });

  it('makes up once for what was missed while nothing ran, and for nothing at the first start', async () => {
    const store = memoryTaskRuns();
    const at = (text: string) => () => Date.parse(text);
    const first = scheduler(task(() => Promise.resolve()), store, at('2026-07-01T12:00:00Z'));
    first.start();
    await until('the firing before the first start is noted', () => Promise.resolve(store.rows.length === 1));
    await first.stop();
    expect([store.rows.map(({ state }) => state), first.runs]).toEqual([['SKIPPED'], []]);
    for (const expected of [1, 1]) {
      const later = scheduler(task(() => Promise.resolve()), store, at('2026-07-05T12:00:00Z'));
      later.start();
      await later.stop();
      expect(store.rows.filter(({ cause }) => cause === 'MISSED')).toHaveLength(expected);
    }
    expect(store.rows.at(-1)).toMatchObject({ cause: 'MISSED', firingAt: new Date('2026-07-05T03:00:00Z'), state: 'SUCCEEDED' });
  });

  it('runs dry what can say what it would do, and refuses where it cannot', async () => {
    const done: string[] = [];
    const both = scheduler({ ...task(() => { done.push('run'); return Promise.resolve(); }), dryRun: ({ log }) => { done.push('dry'); log('would', { count: 3 }); return Promise.resolve(); } });
    await both.runNow('trial', { isDryRun: true });
    expect([done, both.store.rows[0]!.isDryRun, both.store.rows[0]!.figures]).toEqual([['dry'], true, { count: 3 }]);
    await expect(scheduler(task(() => Promise.resolve())).runNow('trial', { isDryRun: true })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('says that a task runs on another node instead of running it beside itself', async () => {
    const store = memoryTaskRuns();
    await store.claim({ id: 'run_1', taskId: 'trial', firingAt: new Date(0), cause: 'SCHEDULE', isDryRun: false, node: 'there', startedAt: new Date(), deadlineAt: new Date(Date.now() + 60_000) });
    await expect(scheduler(task(() => Promise.resolve()), store).runNow('trial')).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});
