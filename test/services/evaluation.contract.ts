import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { Platform } from '../../src/compose.js';
import { createEvaluationRepository } from '../../src/db/evaluation.repository.js';
import type { DomainEvent } from '../../src/domain/events.js';
import type { EvaluationRunRecord } from '../../src/domain/evaluation-records.js';
import type { Principal } from '../../src/domain/principal.js';
import { asSystem, inWorkspace } from '../../src/domain/workspace-scope.js';
import { createCalibrationService } from '../../src/services/calibration.service.js';
import { createEvaluationRunner, type EvaluationRunner } from '../../src/services/evaluation-runner.js';
import { createEventBus } from '../../src/services/event-bus.js';
import { speechLikeWav } from '../support/speech-like.js';
import { until } from '../support/until.js';
import { noAudit } from '../support/no-audit.js';

/** Evaluation on a real database with the bundled model. */
export function evaluationCases(world: () => { readonly platform: Platform; readonly principal: Principal }): void {
  const services = () => world().platform.services;

  async function aSet(name: string, count: number, firstSeed: number): Promise<string> {
    const items = [];
    for (let i = 0; i < count; i++) {
      const { recording } = await services().recordings.upload(world().principal, { stream: Readable.from([speechLikeWav(1, firstSeed + i / 64)]), fileName: `${i}.wav` }, {});
      items.push({ recordingId: recording.id, label: ['angry', 'sad', 'happy'][i % 3]!, speaker: `s${i % 4}`, language: 'en' });
    }
    return (await services().evaluations.createSet(world().principal, { name, items })).id;
  }
  async function ended(id: string): Promise<EvaluationRunRecord> {
    let run: EvaluationRunRecord | null = null;
    await until('the evaluation has ended', async () => {
      run = await services().evaluations.findRun(world().principal, id);
      return run !== null && run.status !== 'QUEUED' && run.status !== 'RUNNING';
    });
    return run!;
  }
  /** A worker of its own on the same database, whose recordings are judged by `before` first. */
  function anotherWorker(before: (done: number) => void): { readonly runner: EvaluationRunner; readonly events: DomainEvent[]; readonly judged: () => number } {
    const { platform } = world();
    const evaluations = createEvaluationRepository(platform.database);
    const events = createEventBus((error) => { throw error; });
    const seen: DomainEvent[] = [];
    events.listen((event) => seen.push(event));
    let judged = 0;
    const runner = createEvaluationRunner({
      permission: { permit: () => Promise.resolve({ leftOut: [], overridden: null }) },
      evaluations, events, blobs: platform.blobs, models: platform.analyzer.inference, concurrency: 1,
      recordings: { findById: (_workspaceId, id) => platform.services.recordings.find(world().principal, id) },
      calibrations: createCalibrationService({ evaluations, audit: noAudit, calibrations: { insert: () => Promise.reject(new Error()), list: () => Promise.resolve([]), findInForce: () => Promise.resolve([]), retire: () => Promise.resolve(null) } }),
      pipeline: { analyze: (request) => { before(judged); judged += 1; return platform.analyzer.pipeline.analyze(request); } },
      onAlarm: () => undefined, onFault: (error) => { throw error; },
    });
    const ofWorkspace: EvaluationRunner = { run: (...call) => inWorkspace(world().principal.workspaceId, () => runner.run(...call)) };
    return { runner: ofWorkspace, events: seen, judged: () => judged };
  }
  /** A run that no worker of the platform takes: its row is there, its job is not. */
  async function withoutJob(setId: string): Promise<string> {
    const evaluations = createEvaluationRepository(world().platform.database);
    const id = `evr_${setId.slice(4)}`;
    await asSystem(() => world().platform.database.transaction((tx) => evaluations.insertRun(tx, { id, workspaceId: world().principal.workspaceId, setId, modelId: 'starter', raw: true, split: null, idempotencyKey: null, requestDigest: 'd' })));
    return id;
  }

  it('measures the bundled model on a set as a job, keeps every answer, and compares two runs of it', async () => {
    const { evaluations } = services();
    const setId = await aSet('Measured', 9, 11);
    const [one, two] = [await evaluations.run(world().principal, { setId, raw: true }), await evaluations.run(world().principal, { setId, raw: true })];
    const [first, second] = [await ended(one.id), await ended(two.id)];
    expect(first).toMatchObject({ status: 'SUCCEEDED', progress: 1, problem: null, modelDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(first.report!.overall.metrics.itemCount).toBe(9);
    expect(first.report!.overall.intervals.clusterCount).toBe(4);
    expect(first.report!.slices.map(({ dimension }) => dimension)).toEqual(expect.arrayContaining(['language', 'duration']));
    expect(first.report!.calibrationVersions).toHaveLength(1);
    expect({ ...second.report, createdAt: '' }).toEqual({ ...first.report, createdAt: '' });
    expect(await evaluations.results(world().principal, one.id)).toHaveLength(9);
    const { result } = await evaluations.compareRuns(world().principal, one.id, two.id);
    expect(result).toMatchObject({ itemCount: 9, onlyARight: 0, onlyBRight: 0, pValue: 1 });
    expect((await evaluations.listRuns(world().principal, { first: 1, after: null }, setId)).hasNextPage).toBe(true);
    // A deleted recording takes its item and its answers with it.
    const [item] = await evaluations.results(world().principal, one.id);
    await services().recordings.delete(world().principal, item!.item.path, null);
    expect(await evaluations.results(world().principal, one.id)).toHaveLength(8);
    await evaluations.deleteSet(world().principal, setId);
    expect(await evaluations.findRun(world().principal, one.id)).toBeNull();
  });

  it('is whole again when what was deleted is uploaded anew and the set is made again', async () => {
    const upload = async (index: number): Promise<string> => (await services().recordings.upload(world().principal, { stream: Readable.from([speechLikeWav(1, 17 + index / 64)]), fileName: `${index}.wav` }, {})).recording.id;
    const make = async (ids: readonly string[]): Promise<string> => (await services().evaluations.createSet(world().principal, { name: 'Anew', items: ids.map((recordingId, index) => ({ recordingId, label: index === 0 ? 'angry' : 'sad' })) })).id;
    const [kept, lost] = [await upload(0), await upload(1)];
    const setId = await make([kept, lost]);
    await services().recordings.delete(world().principal, lost, null);
    const anew = await upload(1);
    expect(anew).not.toBe(lost);
    expect(await make([kept, anew])).toBe(setId);
    const run = await ended((await services().evaluations.run(world().principal, { setId, raw: true })).id);
    expect(run.report!.overall.metrics.itemCount).toBe(2);
    expect((await services().evaluations.results(world().principal, run.id)).map(({ item }) => item.path)).toEqual([kept, anew]);
  });

  it('goes on with the items that are left when its worker died in the middle', async () => {
    const runId = await withoutJob(await aSet('Broken off', 6, 12));
    const dying = new AbortController();
    const first = anotherWorker((done) => { if (done === 3) dying.abort(); });
    await expect(first.runner.run(runId, { signal: dying.signal, isLastAttempt: false })).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    const kept = await services().evaluations.results(world().principal, runId);
    expect(kept).toHaveLength(3);
    const second = anotherWorker(() => undefined);
    await second.runner.run(runId, { signal: new AbortController().signal, isLastAttempt: false });
    expect(second.judged()).toBe(3);
    const all = await services().evaluations.results(world().principal, runId);
    expect(all.slice(0, 3)).toEqual(kept);
    expect((await services().evaluations.findRun(world().principal, runId))?.report?.overall.metrics.itemCount).toBe(6);
    // A repeated delivery of what has ended does nothing.
    await second.runner.run(runId, { signal: new AbortController().signal, isLastAttempt: false });
    expect(second.judged()).toBe(3);
  });

  it('raises an alarm when UA is under the interval of the accepted run', async () => {
    const setId = await aSet('Watched', 6, 13);
    const repository = createEvaluationRepository(world().platform.database);
    const accepted = await ended((await services().evaluations.run(world().principal, { setId, raw: true })).id);
    await services().evaluations.acceptRun(world().principal, accepted.id);
    // As if the model had been better then.
    const { overall } = accepted.report!;
    const better = { ...accepted.report!, overall: { ...overall, intervals: { ...overall.intervals, unweightedAccuracy: { low: overall.metrics.unweightedAccuracy + 0.01, high: 1 } } } };
    await asSystem(() => world().platform.database.client.evaluationRun.update({ where: { id: accepted.id }, data: { status: 'RUNNING' } }));
    await asSystem(() => repository.completeRun(accepted.id, better, null));
    const runId = await withoutJob(setId);
    const worker = anotherWorker(() => undefined);
    await worker.runner.run(runId, { signal: new AbortController().signal, isLastAttempt: false });
    expect((await services().evaluations.findRun(world().principal, runId))?.alarm).toMatchObject({ acceptedRunId: accepted.id });
    expect(worker.events).toContainEqual({ kind: 'evaluation.alarm', workspaceId: world().principal.workspaceId, runId, setId });
  });

  it('ends when it is cancelled, and its scheduled task starts one run a day', async () => {
    const setId = await aSet('Nightly', 3, 14);
    const runId = await withoutJob(setId);
    const worker = anotherWorker((done) => { if (done === 0) void services().evaluations.cancelRun(world().principal, runId); });
    await worker.runner.run(runId, { signal: new AbortController().signal, isLastAttempt: false });
    expect((await services().evaluations.findRun(world().principal, runId))?.status).toBe('CANCELLED');
    await services().evaluations.scheduleSet(world().principal, setId, true);
    for (let i = 0; i < 2; i++) expect((await world().platform.scheduler.runNow('evaluation')).failure).toBeNull();
    const { items } = await services().evaluations.listRuns(world().principal, { first: 10, after: null }, setId);
    expect(items).toHaveLength(2);
    expect((await ended(items[0]!.id)).status).toBe('SUCCEEDED');
    await services().evaluations.scheduleSet(world().principal, setId, false);
  });

  it('calibrates a workspace by a run; later analyses follow it and say which they used', async () => {
    const principal: Principal = { ...world().principal, workspaceId: (await world().platform.workspaces.create({ name: 'Calibrated', maxStoredBytes: null })).id };
    const { recordings, evaluations, calibrations, analyses } = services();
    const items = [];
    for (let i = 0; i < 52; i++) {
      const { recording } = await recordings.upload(principal, { stream: Readable.from([speechLikeWav(0.5, 15 + i / 64)]), fileName: `${i}.wav` }, {});
      items.push({ recordingId: recording.id, label: ['angry', 'sad'][i % 2]!, speaker: `s${i % 10}` });
    }
    const set = await evaluations.createSet(principal, { name: 'Own', items });
    const { id: runId } = await evaluations.run(principal, { setId: set.id, raw: true });
    await until('the run has ended', async () => (await evaluations.findRun(principal, runId))?.status === 'SUCCEEDED');
    const before = await analyses.request(principal, items[0]!.recordingId, { raw: true });
    const own = (await analyses.wait(principal, before.id, 60_000)).calibration!;
    expect(own.scope).toBe('model');
    const made = await calibrations.calibrate(principal, { runId, coverage: 0.8 });
    const after = await analyses.request(principal, items[0]!.recordingId, { raw: true });
    const analysis = await analyses.wait(principal, after.id, 60_000);
    expect(analysis.calibration).toMatchObject({ ...made.values, scope: 'workspace', version: made.version });
    expect(analysis.calibration!.version).not.toBe(own.version);
    await calibrations.retire(principal, made.id);
    const last = await analyses.request(principal, items[0]!.recordingId, { raw: true });
    expect((await analyses.wait(principal, last.id, 60_000)).calibration).toEqual(own);
  });
}
