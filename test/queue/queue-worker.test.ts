import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClaimRequest } from '../../src/queue/job-claim.js';
import { PRIORITY_RANK } from '../../src/queue/job-settings.js';
import type { ClaimedJob } from '../../src/queue/job-table.js';
import { QueueWorker } from '../../src/queue/queue-worker.js';
import { until } from '../support/until.js';

type Kind = keyof typeof PRIORITY_RANK;

/** Jobs in memory, claimed as the database gives them out: interactive first. Every claim is a statement that a server would have to answer. */
function waitingJobs() {
  const waiting: ClaimedJob[] = [];
  const claims: ClaimRequest[] = [];
  let made = 0;
  return {
    claims,
    add: (kind: Kind, count = 1) => {
      for (let i = 0; i < count; i++) waiting.push({ id: `job_${made++}`, data: { analysisId: kind }, priority: PRIORITY_RANK[kind], retryCount: 0, retryLimit: 2, output: {}, lane: '' });
    },
    table: {
      claim: (_name: string, request: ClaimRequest) => {
        claims.push(request);
        const fit = waiting.filter((job) => job.priority >= (request.minPriority ?? -Infinity) && job.priority <= (request.maxPriority ?? Infinity)).sort((a, b) => b.priority - a.priority).slice(0, request.limit);
        for (const job of fit) waiting.splice(waiting.indexOf(job), 1);
        return Promise.resolve(fit);
      },
      touch: (_name: string, jobs: readonly ClaimedJob[]) => Promise.resolve(new Set(jobs.map(({ id }) => id))),
      forbidRetry: () => Promise.resolve([]),
      handBack: () => Promise.resolve([]),
    },
  };
}

function work(jobs: ReturnType<typeof waitingJobs>, slots: { concurrency: number; interactiveSlots: number }) {
  const done: string[] = [];
  const running: (() => void)[] = [];
  const worker = new QueueWorker(
    { complete: () => Promise.resolve(), fail: () => Promise.resolve() } as never, jobs.table, 'analyze-recording',
    ({ analysisId }) => new Promise<void>((resolve) => running.push(() => { done.push(analysisId); resolve(); })),
    { ...slots, holds: () => null, pollIntervalMs: 3_600_000, log: { warn: () => undefined, error: () => undefined } },
  );
  worker.start();
  onTestFinished(() => worker.stop(0));
  return { worker, done, running, end: () => running.shift()?.() };
}

describe('the looks of a worker for jobs', () => {
  it('are one for each job of a long queue, and one more that finds it dry', async () => {
    const jobs = waitingJobs();
    jobs.add('bulk', 20);
    const { done, running, end } = work(jobs, { concurrency: 2, interactiveSlots: 1 });
    while (done.length < 20) {
      await until('a job runs', () => running.length > 0);
      end();
    }
    await until('the last look is over', () => jobs.claims.length >= 20);
    expect(jobs.claims.length).toBeLessThanOrEqual(21);
  });

  it('are not repeated at the end of a job where the last one left nothing', async () => {
    const jobs = waitingJobs();
    jobs.add('bulk', 3);
    const { done, running, end } = work(jobs, { concurrency: 4, interactiveSlots: 0 });
    await until('all run', () => running.length === 3);
    const before = jobs.claims.length;
    for (let i = 0; i < 3; i++) end();
    await until('all have ended', () => done.length === 3);
    await new Promise((resolve) => setImmediate(resolve));
    expect(jobs.claims.length).toBe(before);
  });

  it('come after the end of a job for what was told while no slot was free', async () => {
    const jobs = waitingJobs();
    jobs.add('bulk');
    const { worker, done, running, end } = work(jobs, { concurrency: 1, interactiveSlots: 0 });
    await until('it runs', () => running.length === 1);
    jobs.add('bulk');
    worker.wake();
    end();
    await until('the second runs', () => running.length === 1);
    end();
    await until('both have ended', () => done.length === 2);
  });

  it('find an interactive job for the slot of its own while bulk jobs fill the others', async () => {
    const jobs = waitingJobs();
    jobs.add('bulk', 5);
    const { worker, done, running } = work(jobs, { concurrency: 2, interactiveSlots: 1 });
    await until('two run', () => running.length === 2);
    jobs.add('interactive');
    worker.wake();
    await until('three run', () => running.length === 3);
    running.pop()!();
    await until('it has ended', () => done.length === 1);
    expect(done).toEqual(['interactive']);
  });
});
