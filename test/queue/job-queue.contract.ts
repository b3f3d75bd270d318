import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UndertoneError } from '../../src/domain/errors.js';
import type { Priority } from '../../src/domain/priority.js';
import { createBossQueue } from '../../src/queue/boss-queue.js';
import type { JobContext, JobQueue } from '../../src/queue/job-queue.js';
import type { TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const JOB = 'analyze-recording';
const NEVER_MS = 3_600_000;
const silent = { warn: () => undefined, error: () => undefined };

/** What every job queue must do, on any PostgreSQL. */
export function describeJobQueue(engine: string, open: () => Promise<TestDatabase>): void {
  describe(`the job queue on ${engine}`, () => {
    let database: TestDatabase;
    const queues: JobQueue[] = [];

    beforeAll(async () => {
      database = await open();
    });
    afterEach(async () => {
      for (const queue of queues.splice(0)) await queue.stop({ deadlineMs: 0 });
      await database.db.client.$executeRaw`DELETE FROM pgboss.job`;
    });
    afterAll(() => database.dispose());

    async function started(changes: { pollIntervalMs?: number; retryDelaySeconds?: number } = {}): Promise<JobQueue> {
      const queue = createBossQueue({ connectionString: database.db.connectionString, reclaimActive: false, log: silent, pollIntervalMs: 25, retryDelaySeconds: 0, ...changes });
      await queue.start();
      queues.push(queue);
      return queue;
    }
    const enqueue = (queue: JobQueue, analysisId: string, priority: Priority = 'bulk', key = analysisId): Promise<void> =>
      database.db.transaction((tx) => queue.enqueue(tx, JOB, { analysisId }, { priority, key }));

    it('delivers a job with its payload at once after wake, without waiting for a poll', async () => {
      const queue = await started({ pollIntervalMs: NEVER_MS });
      const seen: string[] = [];
      await queue.work(JOB, { concurrency: 1 }, ({ analysisId }) => Promise.resolve(void seen.push(analysisId)));
      await enqueue(queue, 'ana_1');
      queue.wake(JOB);
      await until('the job ran', () => seen.length === 1);
      expect(seen).toEqual(['ana_1']);
      await until('the job is done', async () => !(await queue.has(JOB, 'ana_1')));
    });

    it('finds a job of another process by polling', async () => {
      const [api, worker] = [await started(), await started()];
      const seen: string[] = [];
      await worker.work(JOB, { concurrency: 1 }, ({ analysisId }) => Promise.resolve(void seen.push(analysisId)));
      await enqueue(api, 'ana_1');
      await until('the job ran', () => seen.length === 1);
    });

    it('has no job when the transaction that made it is rolled back', async () => {
      const queue = await started();
      const rolledBack = database.db.transaction(async (tx) => {
        await queue.enqueue(tx, JOB, { analysisId: 'ana_1' }, { priority: 'bulk', key: 'ana_1' });
        throw new Error('undo');
      });
      await expect(rolledBack).rejects.toThrow('undo');
      expect([await queue.depth(JOB), await queue.has(JOB, 'ana_1')]).toEqual([0, false]);
    });

    it('keeps one job a key while it waits or runs, and takes a new one after it ended', async () => {
      const queue = await started();
      await enqueue(queue, 'ana_1');
      await enqueue(queue, 'ana_1');
      expect(await queue.depth(JOB)).toBe(1);
      let runs = 0;
      let release: () => void = () => undefined;
      await queue.work(JOB, { concurrency: 2 }, () => {
        runs++;
        return new Promise<void>((resolve) => (release = resolve));
      });
      await until('the job runs', () => runs === 1);
      await enqueue(queue, 'ana_1');
      expect([await queue.depth(JOB), await queue.has(JOB, 'ana_1')]).toEqual([0, true]);
      release();
      await until('the job is done', async () => !(await queue.has(JOB, 'ana_1')));
      await enqueue(queue, 'ana_1');
      await until('the new job runs', () => runs === 2);
      release();
    });

    it('says how long the oldest waiting job has waited, and 0 when none waits', async () => {
      const queue = await started();
      expect(await queue.oldestAgeSeconds(JOB)).toBe(0);
      await enqueue(queue, 'ana_1');
      await until('it grows older', async () => (await queue.oldestAgeSeconds(JOB)) > 0.05);
      const first = await queue.oldestAgeSeconds(JOB);
      await enqueue(queue, 'ana_2');
      expect(await queue.oldestAgeSeconds(JOB)).toBeGreaterThanOrEqual(first);
      await queue.work(JOB, { concurrency: 2 }, () => new Promise<void>((_resolve, reject) => { setImmediate(() => reject(new UndertoneError('NOT_AUDIO', 'no'))); }));
      await until('nothing waits', async () => (await queue.depth(JOB)) === 0);
      expect(await queue.oldestAgeSeconds(JOB)).toBe(0);
    });

    it('runs interactive jobs before bulk jobs, and each kind in order', async () => {
      const queue = await started();
      for (const id of ['bulk_1', 'bulk_2']) await enqueue(queue, id, 'bulk');
      for (const id of ['interactive_1', 'interactive_2']) await enqueue(queue, id, 'interactive');
      const seen: string[] = [];
      await queue.work(JOB, { concurrency: 1 }, ({ analysisId }) => Promise.resolve(void seen.push(analysisId)));
      await until('all ran', () => seen.length === 4);
      expect(seen).toEqual(['interactive_1', 'interactive_2', 'bulk_1', 'bulk_2']);
    });

    it('tries a job three times when its handler throws, and says which is the last', async () => {
      const queue = await started();
      const tries: Pick<JobContext, 'attempt' | 'isLastAttempt'>[] = [];
      await queue.work(JOB, { concurrency: 1 }, (_payload, { attempt, isLastAttempt }) => {
        tries.push({ attempt, isLastAttempt });
        return Promise.reject(new Error('no luck'));
      });
      await enqueue(queue, 'ana_1');
      await until('the job ended', async () => tries.length === 3 && !(await queue.has(JOB, 'ana_1')));
      expect(tries).toEqual([{ attempt: 1, isLastAttempt: false }, { attempt: 2, isLastAttempt: false }, { attempt: 3, isLastAttempt: true }]);
    });

    it('waits before it tries again', async () => {
      const queue = await started({ retryDelaySeconds: 1 });
      const times: number[] = [];
      await queue.work(JOB, { concurrency: 1 }, () => {
        times.push(Date.now());
        return times.length === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve();
      });
      await enqueue(queue, 'ana_1');
      await until('the second try', () => times.length === 2);
      expect(times[1]! - times[0]!).toBeGreaterThan(900);
    });

    it('does not try again what a retry cannot mend', async () => {
      const queue = await started();
      const seen: string[] = [];
      await queue.work(JOB, { concurrency: 1 }, ({ analysisId }) => {
        seen.push(analysisId);
        return analysisId === 'ana_broken' ? Promise.reject(new UndertoneError('NOT_AUDIO', 'not audio')) : Promise.resolve();
      });
      await enqueue(queue, 'ana_broken');
      await until('the job ended', async () => seen.length > 0 && !(await queue.has(JOB, 'ana_broken')));
      await enqueue(queue, 'ana_next');
      await until('the next job ran', () => seen.includes('ana_next'));
      expect(seen).toEqual(['ana_broken', 'ana_next']);
    });

    it('never runs more than `concurrency` jobs at once, and all of them in the end', async () => {
      const queue = await started();
      let running = 0;
      let most = 0;
      let done = 0;
      for (let i = 0; i < 12; i++) await enqueue(queue, `ana_${i}`);
      await queue.work(JOB, { concurrency: 3 }, async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        done++;
      });
      await until('all ran', () => done === 12);
      expect(most).toBe(3);
    });

    it('keeps a slot in which only interactive jobs run, however many bulk jobs wait', async () => {
      const queue = await started();
      const running: string[] = [];
      const release = new Map<string, () => void>();
      for (const id of ['bulk_1', 'bulk_2', 'bulk_3']) await enqueue(queue, id);
      await queue.work(JOB, { concurrency: 2, interactiveSlots: 1 }, ({ analysisId }) => {
        running.push(analysisId);
        return new Promise<void>((resolve) => release.set(analysisId, resolve));
      });
      await until('two bulk jobs run', () => running.length === 2);
      await enqueue(queue, 'interactive_1', 'interactive');
      await until('the interactive job runs beside them', () => running.length === 3);
      expect([...running].sort()).toEqual(['bulk_1', 'bulk_2', 'interactive_1']);
      release.get('bulk_1')?.();
      await until('the third bulk job has the place of the first', () => running.length === 4);
      expect(running[3]).toBe('bulk_3');
      await enqueue(queue, 'interactive_2', 'interactive');
      release.get('interactive_1')?.();
      await until('the second interactive job has the place of the first', () => running.includes('interactive_2'));
      for (const end of release.values()) end();
      await until('all are done', async () => !(await queue.has(JOB, 'interactive_2')));
    });

    const enqueueFor = (queue: JobQueue, workspaceId: string, id: string, more: { readonly priority?: Priority; readonly needs?: string } = {}): Promise<void> =>
      database.db.transaction((tx) => queue.enqueue(tx, JOB, { analysisId: id }, { priority: 'bulk', key: id, workspaceId, ...more }));

    it('lets workspaces take turns: one with many jobs delays the others by one job each, not by all', async () => {
      const queue = await started({ pollIntervalMs: NEVER_MS });
      for (let i = 0; i < 60; i++) await enqueueFor(queue, 'ws_many', `many_${i}`);
      for (const workspace of ['ws_b', 'ws_c']) for (let i = 0; i < 3; i++) await enqueueFor(queue, workspace, `${workspace}_${i}`);
      const seen: string[] = [];
      await queue.work(JOB, { concurrency: 1 }, ({ analysisId }) => Promise.resolve(void seen.push(analysisId)));
      await until('the small workspaces are through', () => seen.filter((id) => id.startsWith('ws_')).length === 6);
      expect(seen.slice(0, 9).map((id) => id.replace(/_\d+$/, '')).sort()).toEqual(['many', 'many', 'many', 'ws_b', 'ws_b', 'ws_b', 'ws_c', 'ws_c', 'ws_c']);
      // Within a workspace in order of arrival.
      expect(seen.filter((id) => id.startsWith('ws_b'))).toEqual(['ws_b_0', 'ws_b_1', 'ws_b_2']);
      await until('and the large one as well', async () => (await queue.depth(JOB)) === 0);
    });

    it('leaves jobs that need what a worker does not hold to one that does', async () => {
      const [small, large] = [await started(), await started()];
      const seen: string[] = [];
      await enqueueFor(small, 'ws_a', 'for_large', { needs: 'large', priority: 'interactive' });
      await enqueueFor(small, 'ws_a', 'for_small', { needs: 'small' });
      await enqueue(small, 'for_all');
      await small.work(JOB, { concurrency: 1, holds: () => ['small', 'other'] }, ({ analysisId }) => Promise.resolve(void seen.push(`small:${analysisId}`)));
      await until('the first worker has done what it can', () => seen.length === 2);
      expect(seen.sort()).toEqual(['small:for_all', 'small:for_small']);
      await large.work(JOB, { concurrency: 1, holds: () => ['large'] }, ({ analysisId }) => Promise.resolve(void seen.push(`large:${analysisId}`)));
      await until('the second takes the rest', () => seen.includes('large:for_large'));
    });

    it('gives bulk work that has waited long a turn among interactive work that never ends', async () => {
      const queue = await started({ pollIntervalMs: NEVER_MS });
      await enqueueFor(queue, 'ws_a', 'old_bulk');
      await database.db.client.$executeRaw`UPDATE pgboss.job SET start_after = start_after - interval '5 minutes'`;
      for (let i = 0; i < 40; i++) await enqueueFor(queue, 'ws_a', `now_${i}`, { priority: 'interactive' });
      const seen: string[] = [];
      await queue.work(JOB, { concurrency: 1 }, ({ analysisId }) => Promise.resolve(void seen.push(analysisId)));
      await until('all ran', () => seen.length === 41);
      expect(seen.indexOf('old_bulk')).toBeLessThan(12);
      expect(seen.indexOf('old_bulk')).toBeGreaterThan(3);
    });

    it('puts a job whose tries are used up among the dead letters of its workspace, with the failure', async () => {
      const queue = await started();
      await enqueueFor(queue, 'ws_a', 'poison', { needs: 'm' });
      const tries: number[] = [];
      await queue.work(JOB, { concurrency: 1 }, (_payload, { attempt }) => {
        tries.push(attempt);
        return Promise.reject(new UndertoneError('INFERENCE_CRASHED', 'It crashed.'));
      });
      await until('the tries are used up', async () => (await queue.deadLetters('ws_a', { first: 10, before: null })).totalCount === 1);
      expect(tries).toEqual([1, 2, 3]);
      const { items } = await queue.deadLetters('ws_a', { first: 10, before: null });
      expect(items).toMatchObject([{ job: JOB, key: 'poison', workspaceId: 'ws_a', code: 'INFERENCE_CRASHED', message: 'It crashed.', attemptCount: 3 }]);
      expect((await queue.deadLetters('ws_b', { first: 10, before: null })).totalCount).toBe(0);
      expect(await queue.has(JOB, 'poison')).toBe(false);
      expect((await queue.deadLetterCounts()).get(JOB)).toBe(1);
    });

    it('runs a dead letter again with its tries anew when it is taken out for that, and not when it is discarded', async () => {
      const queue = await started();
      for (const id of ['poison_1', 'poison_2']) await enqueueFor(queue, 'ws_a', id, { needs: 'm' });
      let isMended = false;
      const seen: string[] = [];
      await queue.work(JOB, { concurrency: 1, holds: () => ['m'] }, ({ analysisId }, { attempt }) => {
        if (!isMended) return Promise.reject(new UndertoneError('NOT_AUDIO', 'no'));
        seen.push(`${analysisId}:${attempt}`);
        return Promise.resolve();
      });
      const letters = async () => (await queue.deadLetters('ws_a', { first: 10, before: null })).items;
      await until('both are dead', async () => (await letters()).length === 2);
      isMended = true;
      const [again, away] = await letters();
      expect(await database.db.transaction((tx) => queue.takeDeadLetter(tx, 'ws_other', again!.id, { again: true }))).toBeNull();
      expect(await database.db.transaction((tx) => queue.takeDeadLetter(tx, 'ws_a', 'no-such', { again: true }))).toBeNull();
      expect(await database.db.transaction((tx) => queue.takeDeadLetter(tx, 'ws_a', again!.id, { again: true }))).toMatchObject({ key: again!.key });
      expect(await database.db.transaction((tx) => queue.takeDeadLetter(tx, 'ws_a', away!.id, { again: false }))).toMatchObject({ key: away!.key });
      queue.wake(JOB);
      await until('it ran', () => seen.length === 1);
      expect(seen).toEqual([`${again!.key}:1`]);
      expect(await letters()).toEqual([]);
      expect(await queue.without(JOB, [away!.key, again!.key])).toContain(away!.key);
    });

    it('pages through dead letters from the newest, each once', async () => {
      const queue = await started();
      for (let i = 0; i < 5; i++) await enqueueFor(queue, 'ws_a', `poison_${i}`);
      await queue.work(JOB, { concurrency: 2 }, () => Promise.reject(new UndertoneError('NOT_AUDIO', 'no')));
      await until('all are dead', async () => (await queue.deadLetters('ws_a', { first: 1, before: null })).totalCount === 5);
      const keys: string[] = [];
      for (let before: { failedAt: Date; id: string } | null = null; ; ) {
        const { items } = await queue.deadLetters('ws_a', { first: 2, before });
        keys.push(...items.map(({ key }) => key));
        const last = items.at(-1);
        if (last === undefined) break;
        before = { failedAt: last.failedAt, id: last.id };
      }
      expect([...keys].sort()).toEqual(['poison_0', 'poison_1', 'poison_2', 'poison_3', 'poison_4']);
    });

    it('names the keys for which no job is there', async () => {
      const queue = await started();
      await enqueue(queue, 'there');
      expect(await queue.without(JOB, ['there', 'gone', 'never'])).toEqual(['gone', 'never']);
    });

    it('gives each job to one of several workers', async () => {
      const workers = [await started(), await started()];
      const seen: string[] = [];
      for (let i = 0; i < 30; i++) await enqueue(workers[0]!, `ana_${i}`);
      for (const worker of workers) await worker.work(JOB, { concurrency: 4 }, ({ analysisId }) => Promise.resolve(void seen.push(analysisId)));
      await until('all ran', () => seen.length >= 30);
      await until('all are done', async () => (await workers[0]!.depth(JOB)) === 0);
      expect([seen.length, new Set(seen).size]).toEqual([30, 30]);
    });

    it('lets running jobs end when it stops', async () => {
      const queue = await started();
      const events: string[] = [];
      await queue.work(JOB, { concurrency: 1 }, async (_payload, { signal }) => {
        events.push('begun');
        await until('stop was called', () => events.includes('stopping'));
        events.push(signal.aborted ? 'aborted' : 'ended');
      });
      await enqueue(queue, 'ana_1');
      await until('the job runs', () => events.length === 1);
      const stopped = queue.stop({ deadlineMs: 10_000 });
      events.push('stopping');
      await stopped;
      expect(events).toEqual(['begun', 'stopping', 'ended']);
      expect(await (await started()).has(JOB, 'ana_1')).toBe(false);
    });

    it('aborts at the deadline and hands the job back without counting the try', async () => {
      const queue = await started();
      let begun = false;
      await queue.work(JOB, { concurrency: 1 }, (_payload, { signal }) => {
        begun = true;
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('told to stop'))));
      });
      await enqueue(queue, 'ana_1');
      await until('the job runs', () => begun);
      await queue.stop({ deadlineMs: 20 });
      const next = await started();
      const attempts: number[] = [];
      await next.work(JOB, { concurrency: 1 }, (_payload, { attempt }) => Promise.resolve(void attempts.push(attempt)));
      await until('the job ran again', () => attempts.length === 1);
      expect(attempts).toEqual([1]);
    });

    it('aborts a handler whose job was taken from it, and leaves the new state alone', async () => {
      const queue = await started();
      let reason = '';
      await queue.work(JOB, { concurrency: 1 }, (_payload, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => {
          reason = (signal.reason as Error).message;
          reject(new Error('stopped'));
        })));
      await enqueue(queue, 'ana_1');
      await until('the job runs', async () => (await queue.depth(JOB)) === 0);
      await database.db.client.$executeRaw`UPDATE pgboss.job SET state = 'cancelled'`;
      await until('the handler was told', () => reason !== '');
      expect(reason).toContain("not this worker's");
      expect(await database.db.client.$queryRaw`SELECT state::text FROM pgboss.job`).toEqual([{ state: 'cancelled' }]);
    });

    it('makes jobs of a dead process due at once when the database is known to be its own', async () => {
      const first = await started();
      await enqueue(first, 'ana_1');
      await database.db.client.$executeRaw`UPDATE pgboss.job SET state = 'active', started_on = now(), heartbeat_on = now()`;
      const queue = createBossQueue({ connectionString: database.db.connectionString, reclaimActive: true, log: silent, pollIntervalMs: 25 });
      await queue.start();
      queues.push(queue);
      const attempts: number[] = [];
      await queue.work(JOB, { concurrency: 1 }, (_payload, { attempt }) => Promise.resolve(void attempts.push(attempt)));
      await until('the job ran', () => attempts.length === 1);
      expect(attempts).toEqual([2]);
    });
  });
}
