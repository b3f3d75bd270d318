import { randomUUID } from 'node:crypto';
import type { AnalysisRepository } from '../db/repositories.js';
import type { AppliedCalibration } from '../domain/calibration.js';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import type { AnalysisEnded } from '../domain/measurements.js';
import { NO_TRACING, traced, type Tracing } from '../domain/tracing.js';
import type { EventBus, Fact } from '../domain/events.js';
import { encodeFrameTrack } from '../domain/frame-track.js';
import type { Priority } from '../domain/priority.js';
import type { AnalysisRecord, RecordingRecord } from '../domain/records.js';
import type { SealedStore } from '../storage/sealed-store.js';
import type { AnalysisPipeline } from './analysis-pipeline.js';
import type { AnalysisLimits } from './analysis-limits.js';
import type { DecodeAhead } from './decode-ahead.js';
import type { FactOutbox } from './fact-outbox.js';
import type { JudgingPermission } from './judging-permission.js';
import type { Vault } from './vault.js';
import { collectPartialResults } from './partial-results.js';

/** Progress is written at most this often: a row update is a commit, and a bar needs no more. */
const PROGRESS_EVERY_MS = 300;

export interface AnalysisRunnerParts {
  readonly analyses: AnalysisRepository;
  readonly blobs: SealedStore;
  readonly vault: Vault;
  readonly pipeline: AnalysisPipeline;
  readonly decodeAhead: Pick<DecodeAhead, 'take'>;
  readonly events: EventBus;
  /** Left out: every model's own calibration. */
  readonly calibrationFor?: (analysis: AnalysisRecord, recording: RecordingRecord) => Promise<AppliedCalibration | null>;
  readonly facts: FactOutbox;
  /** Null: none are set. */
  readonly limits?: Pick<AnalysisLimits, 'settle'> | null;
  /** Asked again: what was stated may have changed since. */
  readonly permission: JudgingPermission;
  readonly ensureIndex: (modelId: string, dimension: number) => Promise<void>;
  readonly tracing?: Tracing;
  /** Told of every end of a run, for metrics and the log. */
  readonly onEnded?: (ended: AnalysisEnded) => void;
  readonly onFault: (error: unknown, analysisId: string) => string;
}

export interface RunContext {
  readonly signal: AbortSignal;
  readonly isLastAttempt: boolean;
  readonly priority: Priority;
}

/**
 * Runs one accepted analysis to its end. Idempotent: a repeated delivery of one that has ended does nothing, and the
 * results are written in one transaction that checks the status again. A throw asks the queue for another try.
 */
export interface AnalysisRunner {
  run(analysisId: string, context: RunContext): Promise<void>;
}

export function createAnalysisRunner(parts: AnalysisRunnerParts): AnalysisRunner {
  const { analyses, blobs, vault, pipeline, events, facts, tracing = NO_TRACING } = parts;

  function publish(analysis: AnalysisRecord, status: AnalysisRecord['status'], progress: number): void {
    events.publish({ kind: 'analysis.progress', workspaceId: analysis.workspaceId, analysisId: analysis.id, status, progress });
  }

  /** Aborts when the row says that the analysis no longer runs (cancelled, or its recording deleted). */
  function progressWriter(analysis: AnalysisRecord, stopped: AbortController): (fraction: number) => void {
    // Short recordings are done before the first write is due: they save the commit.
    let lastMs = Date.now();
    let writing = false;
    return (fraction) => {
      publish(analysis, 'RUNNING', fraction);
      if (writing || Date.now() - lastMs < PROGRESS_EVERY_MS) return;
      writing = true;
      analyses.setProgress(analysis.id, fraction).then(
        (running) => { if (!running) stopped.abort(); },
        // The next one tries again; losing a progress figure must not lose the analysis.
        () => undefined,
      ).finally(() => {
        writing = false;
        lastMs = Date.now();
      });
    };
  }

  async function work(analysis: AnalysisRecord, recording: RecordingRecord, context: RunContext, stopped: AbortController): Promise<{ readonly dimension: number; readonly audioSeconds: number } | null> {
    const options = { modelId: analysis.modelId, raw: analysis.raw, speakers: analysis.speakersMode, speakerCount: analysis.speakerCount, roles: analysis.roleRule, language: recording.language };
    const { leftOut } = await parts.permission.permit(analysis.workspaceId, recording, options);
    const fetched: Awaited<ReturnType<SealedStore['localPath']>>[] = [];
    const fetch = async (): Promise<string> => {
      const local = fetched[0] ?? (await traced(tracing, 'storage.fetch', { attributes: { 'undertone.blob.bytes': recording.byteLength } }, () => blobs.localPath(recording.blobKey)));
      fetched[0] = local;
      return local.path;
    };
    const partial = collectPartialResults(analyses, analysis);
    // Asked for while the recording is listened to: the result does not wait for it.
    const key = vault.keyOf(recording);
    key.catch(() => undefined);
    try {
      const result = await pipeline.analyze({
        path: fetch,
        calibration: (await parts.calibrationFor?.(analysis, recording)) ?? null,
        decoded: parts.decodeAhead.take(recording.sha256),
        options,
        leftOut,
        priority: context.priority,
        signal: AbortSignal.any([context.signal, stopped.signal]),
        onProgress: progressWriter(analysis, stopped),
        onSegment: (part) => partial.add(part),
      });
      await partial.settle();
      // A key of this delivery's own: another delivery that comes second throws its own track away, never the winner's.
      const trackKey = `tracks/${analysis.id}-${randomUUID()}`;
      // At the same time as the statements of the transaction, which waits for it: two waits for the disk become one.
      const trackWritten = blobs.write(await key, trackKey, encodeFrameTrack(result.track));
      trackWritten.catch(() => undefined);
      const completed = await traced(tracing, 'results.write', { attributes: { 'undertone.segment.count': result.outcome.segments.length } }, () =>
        analyses.complete({ analysisId: analysis.id, outcome: result.outcome, trackKey, trackWritten, peaks: result.peaks }, async (tx) => {
          await parts.limits?.settle(tx, analysis.id, result.outcome.durationSeconds);
          await facts.put(tx, factOf(analysis, 'analysis.completed'));
        }));
      if (!completed) {
        await trackWritten;
        await blobs.delete(trackKey);
        return null;
      }
      return { dimension: result.outcome.embedding?.length ?? 0, audioSeconds: result.outcome.durationSeconds };
    } finally {
      await partial.settle();
      for (const local of fetched) await local.release();
    }
  }

  /** False when it has ended otherwise meanwhile (cancelled, or deleted). */
  async function end(analysis: AnalysisRecord, error: unknown): Promise<boolean> {
    const problem = isUndertoneError(error)
      ? { code: error.code, message: error.message }
      : { code: 'INTERNAL', message: `The analysis failed by a fault of Undertone; the log has it under ${parts.onFault(error, analysis.id)}. Analyse again, and report it when it repeats.` };
    const fact = factOf(analysis, 'analysis.failed');
    if (!(await analyses.fail(analysis.id, problem, (tx) => facts.put(tx, fact)))) return false;
    publish(analysis, 'FAILED', 1);
    facts.announce(fact);
    return true;
  }

  return {
    async run(analysisId, context) {
      if (!(await analyses.begin(analysisId))) return;
      const found = await analyses.findForWork(analysisId);
      if (found === null) return;
      const { analysis, recording } = found;
      const stopped = new AbortController();
      const startedMs = performance.now();
      const ended = (outcome: AnalysisEnded['outcome'], error: unknown = null, audioSeconds: number | null = null): void =>
        parts.onEnded?.({ analysisId, modelId: analysis.modelId, outcome, code: error === null ? null : isUndertoneError(error) ? error.code : 'INTERNAL', audioSeconds, wallSeconds: (performance.now() - startedMs) / 1000 });
      publish(analysis, 'RUNNING', 0);
      try {
        const completed = await work(analysis, recording, context, stopped);
        if (completed === null) {
          ended('stopped');
          return;
        }
        ended('succeeded', null, completed.audioSeconds);
        publish(analysis, 'SUCCEEDED', 1);
        facts.announce(factOf(analysis, 'analysis.completed'));
        // After everybody was told: building an index of many vectors takes minutes, and searches are exact without it.
        if (completed.dimension > 0) await parts.ensureIndex(analysis.modelId, completed.dimension).catch((error: unknown) => parts.onFault(error, analysisId));
      } catch (error) {
        if (stopped.signal.aborted) {
          ended('stopped');
          return;
        }
        if (context.signal.aborted) throw new UndertoneError('SHUTTING_DOWN', 'The worker is stopping; another takes the analysis over.', {}, { cause: error });
        // The queue gives the job back when the database does not answer; it is no failure of the analysis.
        // What a recording is at fault for ends the analysis, and the job is done. What we are at fault for is tried again,
        // and in the end leaves a dead letter, from which an admin can try it once more.
        const isOurs = !isUndertoneError(error) || error.retryable;
        const isAgain = isUndertoneError(error) && error.code === 'DATABASE_UNAVAILABLE' || (isOurs && !context.isLastAttempt);
        ended(isAgain ? 'retried' : 'failed', error);
        if (isAgain) throw error;
        if ((await end(analysis, error)) && isOurs) throw error;
      }
    },
  };
}

function factOf({ workspaceId, id, recordingId }: AnalysisRecord, kind: 'analysis.completed' | 'analysis.failed'): Fact {
  return { kind, workspaceId, analysisId: id, recordingId };
}
