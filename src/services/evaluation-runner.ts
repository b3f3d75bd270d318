import { setImmediate } from 'node:timers/promises';
import type { EvaluationRepository } from '../db/evaluation.repository.js';
import type { RecordingRepository } from '../db/repositories.js';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import { failedResult, resultOf, type EvaluatedItem, type ItemResult } from '../domain/evaluated-item.js';
import { checkLabels, MANIFEST_ROLES, manifestWarnings, type ManifestRole } from '../domain/evaluation-manifest.js';
import type { EvaluationAlarm, EvaluationItemRecord, EvaluationRunRecord } from '../domain/evaluation-records.js';
import { buildReport, type EvaluationReport } from '../domain/evaluation-report.js';
import type { EventBus } from '../domain/events.js';
import { resultDigest, type ModelManifest } from '../domain/model.js';
import type { RecordingRecord } from '../domain/records.js';
import { visibleLabels } from '../domain/scores.js';
import type { BlobStore } from '../storage/blob-store.js';
import type { AnalysisPipeline } from './analysis-pipeline.js';
import type { CalibrationChoice } from './calibration.service.js';
import type { JudgingPermission } from './judging-permission.js';
import { manifestItem } from './evaluation.service.js';

export interface EvaluationRunnerParts {
  readonly evaluations: EvaluationRepository;
  readonly recordings: Pick<RecordingRepository, 'findById'>;
  readonly blobs: Pick<BlobStore, 'localPath'>;
  readonly pipeline: Pick<AnalysisPipeline, 'analyze'>;
  readonly models: { manifest(id: string): ModelManifest };
  readonly calibrations: CalibrationChoice;
  readonly permission: JudgingPermission;
  readonly events: EventBus;
  /** Items in work at once. */
  readonly concurrency: number;
  readonly onAlarm: (run: EvaluationRunRecord, alarm: EvaluationAlarm) => void;
  readonly onFault: (error: unknown, runId: string) => void;
}

/**
 * Runs one accepted evaluation to its end. Each item's answer is written as it is there, so that a run whose process was
 * killed goes on with the items that are left. A throw asks the queue for another try.
 */
export interface EvaluationRunner {
  run(runId: string, context: { readonly signal: AbortSignal; readonly isLastAttempt: boolean }): Promise<void>;
}

const RESAMPLES = 2000;
const SEED = 20_240_601;

export function createEvaluationRunner(parts: EvaluationRunnerParts): EvaluationRunner {
  const { evaluations, events } = parts;

  function publish(run: EvaluationRunRecord, status: EvaluationRunRecord['status'], progress: number): void {
    events.publish({ kind: 'evaluation.progress', workspaceId: run.workspaceId, runId: run.id, status, progress });
  }

  async function judge(run: EvaluationRunRecord, recording: RecordingRecord, item: EvaluationItemRecord, manifest: ModelManifest, signal: AbortSignal): Promise<ItemResult> {
    const options = { modelId: run.modelId, raw: run.raw, speakers: 'none' } as const;
    await parts.permission.permit(run.workspaceId, recording, options);
    const local = await parts.blobs.localPath(recording.blobKey);
    try {
      const calibration = await parts.calibrations.chooseFor(run.workspaceId, manifest, { language: item.language, channel: item.channel });
      const { outcome } = await parts.pipeline.analyze({ path: local.path, options, priority: 'bulk', signal, calibration });
      return resultOf(outcome, recording.sha256);
    } finally {
      await local.release();
    }
  }

  /** What a recording is at fault for is its result; what we are at fault for is thrown, and tried again with the run. */
  async function answerOf(run: EvaluationRunRecord, item: EvaluationItemRecord, manifest: ModelManifest, signal: AbortSignal): Promise<ItemResult | null> {
    const recording = await parts.recordings.findById(run.workspaceId, item.recordingId);
    if (recording === null) return null;
    try {
      return await judge(run, recording, item, manifest, signal);
    } catch (error) {
      if (signal.aborted || !isUndertoneError(error) || error.retryable) throw error;
      return failedResult({ code: error.code, message: error.message });
    }
  }

  /** False when the run was cancelled or deleted meanwhile. */
  async function judgeAll(run: EvaluationRunRecord, items: readonly EvaluationItemRecord[], manifest: ModelManifest, signal: AbortSignal): Promise<boolean> {
    const already = await evaluations.answers(run.id);
    const left = items.filter(({ index }) => !already.has(index));
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    let doneCount = items.length - left.length;
    let next = 0;
    let isRunning = true;
    const lane = async (): Promise<void> => {
      for (let at = next++; at < left.length && isRunning; at = next++) {
        both.throwIfAborted();
        const item = left[at]!;
        const result = await answerOf(run, item, manifest, both);
        if (result !== null) await evaluations.saveAnswer(run, item, result);
        doneCount += 1;
        const progress = (doneCount / items.length) * 0.98;
        if (!(await evaluations.setRunProgress(run.id, progress))) isRunning = false;
        else publish(run, 'RUNNING', progress);
      }
    };
    const lanes = Array.from({ length: Math.max(1, parts.concurrency) }, () => lane().catch((error: unknown) => {
      stop.abort();
      throw error;
    }));
    // The first that failed decides, but none is left running behind the job's back.
    const ends = await Promise.allSettled(lanes);
    const failed = ends.find((end): end is PromiseRejectedResult => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return isRunning;
  }

  async function conclude(run: EvaluationRunRecord, items: readonly EvaluationItemRecord[], manifest: ModelManifest): Promise<void> {
    const set = await evaluations.findSet(run.workspaceId, run.setId);
    if (set === null) return;
    const answers = await evaluations.answers(run.id);
    const labels = visibleLabels(manifest);
    const all = items.map(manifestItem);
    const { known, unknown } = checkLabels(all, labels);
    const results = known.flatMap((item): readonly EvaluatedItem[] => {
      const result = answers.get(item.line - 1);
      return result === undefined ? [] : [{ item, ...result }];
    });
    const gone = set.itemCount - (await evaluations.items(run.workspaceId, run.setId)).length;
    const warnings = [...manifestWarnings(all, known), ...(gone > 0 ? [`${gone} recordings of the set were deleted since it was made`] : [])];
    const report = await buildReport({
      manifest: { columnOf: Object.fromEntries(MANIFEST_ROLES.map((role) => [role, role])) as Record<ManifestRole, string>, warnings }, manifestPath: set.name, manifestSha256: set.version, split: run.split,
      model: { id: manifest.id, version: manifest.version, digest: resultDigest(manifest), labels }, raw: run.raw, labelMapping: set.labelMapping, unknownLabels: unknown, results,
      groupBy: null, resamples: RESAMPLES, seed: SEED, now: new Date(),
    }, () => setImmediate());
    const alarm = await alarmOf(run, report);
    if (!(await evaluations.completeRun(run.id, report, alarm))) return;
    publish(run, 'SUCCEEDED', 1);
    if (alarm === null) return;
    parts.onAlarm(run, alarm);
    events.publish({ kind: 'evaluation.alarm', workspaceId: run.workspaceId, runId: run.id, setId: run.setId });
  }

  /** Under the lower end of the accepted run's interval: what chance alone would seldom do. */
  async function alarmOf(run: EvaluationRunRecord, report: EvaluationReport): Promise<EvaluationAlarm | null> {
    const accepted = await evaluations.lastAccepted(run.workspaceId, run.setId, run.modelId);
    if (accepted?.report == null || accepted.id === run.id) return null;
    const before = accepted.report.overall;
    const { unweightedAccuracy } = report.overall.metrics;
    const { low } = before.intervals.unweightedAccuracy;
    if (unweightedAccuracy >= low) return null;
    return { acceptedRunId: accepted.id, unweightedAccuracy, acceptedUnweightedAccuracy: before.metrics.unweightedAccuracy, acceptedLow: low };
  }

  async function work(run: EvaluationRunRecord, signal: AbortSignal): Promise<void> {
    const manifest = parts.models.manifest(run.modelId);
    if (!(await evaluations.beginRun(run.id, { version: manifest.version, digest: resultDigest(manifest), labels: visibleLabels(manifest) }))) return;
    publish(run, 'RUNNING', run.progress);
    const items = (await evaluations.items(run.workspaceId, run.setId)).filter(({ split }) => run.split === null || split === run.split);
    if (items.length === 0) throw new UndertoneError('BAD_INPUT', run.split === null ? 'The evaluation set has no items left: their recordings were deleted.' : 'The evaluation set has no items of the split that was asked for.');
    const wanted = items.filter(({ label }) => visibleLabels(manifest).includes(label));
    if (wanted.length === 0) throw new UndertoneError('BAD_INPUT', `None of the set's labels is one of the model's: ${visibleLabels(manifest).join(', ')}. Make the set again with a mapping.`);
    if (await judgeAll(run, wanted, manifest, signal)) await conclude(run, items, manifest);
  }

  return {
    async run(runId, { signal, isLastAttempt }) {
      const run = await evaluations.findRunForWork(runId);
      if (run === null) return;
      try {
        await work(run, signal);
      } catch (error) {
        if (signal.aborted) throw new UndertoneError('SHUTTING_DOWN', 'The worker is stopping; another takes the evaluation over.', {}, { cause: error });
        const isOurs = !isUndertoneError(error) || error.retryable;
        if ((isUndertoneError(error) && error.code === 'DATABASE_UNAVAILABLE') || (isOurs && !isLastAttempt)) throw error;
        if (!isUndertoneError(error)) parts.onFault(error, runId);
        const problem = isUndertoneError(error) ? { code: error.code, message: error.message } : { code: 'INTERNAL', message: `The evaluation failed by a fault of Undertone; the log has it under ${runId}.` };
        if (await evaluations.failRun(runId, problem)) publish(run, 'FAILED', 1);
        if (isOurs) throw error;
      }
    },
  };
}
