import type { Database } from '../db/database.js';
import type { AnalysisRepository, RecordingRepository } from '../db/repositories.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import type { DomainEvent, EventBus } from '../domain/events.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import type { AnalysisRecord } from '../domain/records.js';
import type { RoleRule } from '../domain/speaker-roles.js';
import { NO_TRACING, type Tracing } from '../domain/tracing.js';
import { workIds } from '../domain/work-context.js';
import type { JobPayloads, JobQueue } from '../queue/job-queue.js';
import { parseAnalyzeOptions, requestDigest } from './analysis-request.js';
import { eventsOf } from './event-bus.js';
import { earlierRequest } from './idempotency.js';
import type { ModelDirectory } from './model-directory.js';
import type { Intake } from './intake.js';
import type { AnalysisLimits } from './analysis-limits.js';
import { recording, type AuditSink } from './audit.js';
import type { JudgingPermission } from './judging-permission.js';
import { requireScope } from './permissions.js';
import type { AnalysisService } from './service-contracts.js';

/** How often a waiter looks at the row itself, whatever was heard: a notification between processes is delivered at most once. */
const POLL_MS = 5000;
/** Share of the queue that one workspace may fill: the rest stays open to the others. */
const WORKSPACE_SHARE = 0.9;
const LONGEST_RETRY_MS = 60_000;

type ProgressEvent = Extract<DomainEvent, { kind: 'analysis.progress' }>;

export interface AnalysisServiceParts {
  readonly database: Database;
  readonly recordings: RecordingRepository;
  readonly analyses: AnalysisRepository;
  readonly queue: JobQueue;
  readonly models: Pick<ModelDirectory, 'manifest' | 'defaultModelId'>;
  readonly events: EventBus;
  readonly tracing?: Tracing;
  readonly intake: Pick<Intake, 'assertOpen'>;
  /** Asked before anything is inferred. */
  readonly permission: JudgingPermission;
  readonly audit: AuditSink;
  /** Waiting analyses above which new ones are refused. */
  readonly maxQueuedAnalyses: number;
  /** Null: none are set. */
  readonly limits?: AnalysisLimits | null;
  /** Roles where a request names none. */
  readonly defaultRoles?: RoleRule | null;
}

export function createAnalysisService(parts: AnalysisServiceParts): AnalysisService {
  const { database, recordings, analyses, queue, models, events, tracing = NO_TRACING } = parts;

  const findExisting = (workspaceId: string, key: string | null, digest: string): Promise<AnalysisRecord | null> => earlierRequest('analysis', key, digest, (given) => analyses.findByIdempotencyKey(workspaceId, given));

  async function refuseWhenFull(workspaceId: string): Promise<void> {
    const waiting = await queue.depth('analyze-recording');
    const ownLimit = Math.max(1, Math.floor(parts.maxQueuedAnalyses * WORKSPACE_SHARE));
    // One workspace alone can only be over its share when all together are.
    const own = waiting < ownLimit ? 0 : await queue.depth('analyze-recording', workspaceId);
    if (waiting < parts.maxQueuedAnalyses && own < ownLimit) return;
    // Longer for a longer queue, so that those who are refused do not come back before there is room.
    const retryAfterMs = Math.min(LONGEST_RETRY_MS, Math.max(1000, waiting * 10));
    const reason = waiting < parts.maxQueuedAnalyses ? `${own} of them are this workspace's, which may fill ${ownLimit}` : `at most ${parts.maxQueuedAnalyses} may (UNDERTONE_MAX_QUEUED_ANALYSES)`;
    throw new UndertoneError('INFERENCE_OVERLOADED', `${waiting} analyses are waiting; ${reason}. Retry in ${retryAfterMs} ms.`, { retryAfterMs, queueLength: waiting });
  }

  /** Whose request this is, for the log and the trace of the process that takes the job. */
  function origin(): Pick<JobPayloads['analyze-recording'], 'origin'> {
    const requestId = workIds.getStore()?.requestId;
    const traceparent = tracing.current();
    if (requestId === undefined && traceparent === null) return {};
    return { origin: { ...(requestId === undefined ? {} : { requestId }), ...(traceparent === null ? {} : { traceparent }) } };
  }

  async function require(principal: Principal, id: string): Promise<AnalysisRecord> {
    const analysis = await analyses.findById(principal.workspaceId, id);
    if (analysis === null) throw notFound('analysis', id);
    return analysis;
  }

  async function* progress(principal: Principal, id: string, signal: AbortSignal): AsyncGenerator<ProgressEvent> {
    requireScope(principal, 'analyses:read');
    const { workspaceId } = principal;
    const eventOf = (analysis: AnalysisRecord): ProgressEvent => ({ kind: 'analysis.progress', workspaceId, analysisId: id, status: analysis.status, progress: analysis.progress });
    // Listening begins before the first look, so that an end between the two is not missed.
    const stop = new AbortController();
    const end = AbortSignal.any([signal, stop.signal]);
    const heard = eventsOf<ProgressEvent | 'missed'>(events, (event) => (event.kind === 'analysis.progress' && event.analysisId === id ? event : null), end, () => 'missed');
    let pending = heard.next();
    let poll = pause(POLL_MS, end);
    /** Null while the database is away: whoever follows an analysis outlives its restart. */
    const look = (): Promise<ProgressEvent | null> => require(principal, id).then(eventOf, (error: unknown) => {
      if (error instanceof UndertoneError && error.code === 'DATABASE_UNAVAILABLE') return null;
      throw error;
    });
    try {
      let last = eventOf(await require(principal, id));
      yield last;
      while (!isEnd(last) && !signal.aborted) {
        const next = await Promise.race([pending, poll]);
        if (next?.done === true) return;
        if (next !== undefined) pending = heard.next();
        if (next === undefined || next.value === 'missed') {
          if (next === undefined) poll = pause(POLL_MS, end);
          const seen = await look();
          if (seen === null) continue;
          // The row lags behind what was heard of a running analysis: it is written three times a second at most.
          if (seen.status === last.status && seen.progress <= last.progress) continue;
          last = seen;
        } else {
          last = next.value;
        }
        yield last;
      }
    } finally {
      stop.abort();
      await pending.catch(() => undefined);
      await heard.return(undefined);
    }
  }

  return {
    async request(principal, recordingId, given) {
      requireScope(principal, 'analyses:write');
      parts.intake.assertOpen();
      const options = parseAnalyzeOptions(given);
      const manifest = models.manifest(options.model ?? models.defaultModelId);
      const heard = await recordings.findById(principal.workspaceId, recordingId);
      if (heard === null) throw notFound('recording', recordingId);
      const digest = requestDigest(recordingId, manifest.id, options);
      const before = await findExisting(principal.workspaceId, options.idempotencyKey, digest);
      if (before !== null) return before;
      const roleRule = options.roles ?? parts.defaultRoles ?? null;
      const { overridden } = await parts.permission.permit(principal.workspaceId, heard, { ...options, roles: roleRule });
      await refuseWhenFull(principal.workspaceId);
      const row = {
        id: newId('analysis'), workspaceId: principal.workspaceId, recordingId, modelId: manifest.id, raw: options.raw,
        speakersMode: options.speakers, speakerCount: options.speakerCount, roleRule, idempotencyKey: options.idempotencyKey, requestDigest: digest,
      };
      try {
        const analysis = await database.transaction(async (tx) => {
          await parts.limits?.admit(tx, principal, row.id);
          const inserted = await analyses.insert(tx, row);
          if (overridden !== null) await parts.audit.record(tx, principal, { action: 'law.overridden', subjectKind: 'analysis', subjectId: inserted.id, reason: `${overridden.article ?? ''}: ${overridden.reason}` });
          await queue.enqueue(tx, 'analyze-recording', { analysisId: inserted.id, ...origin() }, { priority: options.priority, key: inserted.id, workspaceId: principal.workspaceId, needs: manifest.id });
          await parts.audit.record(tx, principal, { action: 'analysis.requested', subjectKind: 'analysis', subjectId: inserted.id, afterDigest: digest });
          return inserted;
        });
        queue.wake('analyze-recording');
        return analysis;
      } catch (error) {
        // Two requests with one key at the same moment: the unique key let one through, the other finds it here.
        const existing = await findExisting(principal.workspaceId, options.idempotencyKey, digest);
        if (existing !== null) return existing;
        throw error;
      }
    },

    async wait(principal, id, timeoutMs, signal) {
      const timeout = AbortSignal.timeout(timeoutMs);
      for await (const event of progress(principal, id, signal === undefined ? timeout : AbortSignal.any([timeout, signal]))) {
        if (isEnd(event)) return require(principal, id);
      }
      throw new UndertoneError('ANALYSIS_WAIT_TIMEOUT', `The analysis ${id} did not finish within ${timeoutMs} ms. It goes on: read it with analysis(id) or follow analysisProgress.`, { id });
    },

    async find(principal, id) {
      requireScope(principal, 'analyses:read');
      return analyses.findById(principal.workspaceId, id);
    },
    async findMany(principal, ids) {
      requireScope(principal, 'analyses:read');
      return analyses.findByIds(principal.workspaceId, ids);
    },
    async list(principal, page, filter) {
      requireScope(principal, 'analyses:read');
      return analyses.list(principal.workspaceId, page, filter);
    },

    async latestForRecordings(principal, recordingIds) {
      requireScope(principal, 'analyses:read');
      return analyses.findLatest(principal.workspaceId, recordingIds);
    },

    async cancel(principal, id) {
      requireScope(principal, 'analyses:write');
      const cancelled = await analyses.cancel(principal.workspaceId, id, recording(parts.audit, principal, { action: 'analysis.cancelled', subjectKind: 'analysis', subjectId: id }));
      if (cancelled === null) throw notFound('analysis', id);
      const analysis = await require(principal, id);
      if (!cancelled) throw new UndertoneError('CONFLICT', `The analysis ${id} has already ended (${analysis.status}); only queued and running ones can be cancelled.`, { status: analysis.status });
      events.publish({ kind: 'analysis.progress', workspaceId: principal.workspaceId, analysisId: id, status: 'CANCELLED', progress: analysis.progress });
      return analysis;
    },

    async segments(principal, analysisId, page, filter) {
      requireScope(principal, 'analyses:read');
      return analyses.segments(principal.workspaceId, analysisId, page, filter);
    },
    async findSegment(principal, id) {
      requireScope(principal, 'analyses:read');
      return analyses.findSegment(principal.workspaceId, id);
    },
    async findSegments(principal, ids) {
      requireScope(principal, 'analyses:read');
      return analyses.findSegments(principal.workspaceId, ids);
    },
    async speakers(principal, analysisIds) {
      requireScope(principal, 'analyses:read');
      return analyses.speakers(principal.workspaceId, analysisIds);
    },
    progress,
    // Of the own key, so without a scope, like `viewer`.
    allowances: (principal) => parts.limits?.allowances(principal) ?? Promise.resolve([]),
  };
}

function isEnd(event: ProgressEvent): boolean {
  return event.status === 'SUCCEEDED' || event.status === 'FAILED' || event.status === 'CANCELLED';
}

/** Undefined after `ms` or at the signal; leaves no timer behind. */
function pause(ms: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve(undefined);
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
