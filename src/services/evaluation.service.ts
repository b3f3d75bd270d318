import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Database } from '../db/database.js';
import type { EvaluationRepository } from '../db/evaluation.repository.js';
import type { RecordingRepository } from '../db/repositories.js';
import { digestOf } from '../domain/audit.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import type { EvaluatedItem } from '../domain/evaluated-item.js';
import type { EvaluationItemRecord, EvaluationRunRecord } from '../domain/evaluation-records.js';
import { compareResults } from '../domain/evaluation-report.js';
import type { EventBus } from '../domain/events.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import { visibleLabels } from '../domain/scores.js';
import type { JobQueue } from '../queue/job-queue.js';
import { checkSet, parseSetInput, type ResolvedReviews } from './evaluation-set.js';
import { earlierRequest } from './idempotency.js';
import type { Intake } from './intake.js';
import type { ModelDirectory } from './model-directory.js';
import { inWorkspace } from '../domain/workspace-scope.js';
import { recording, systemPrincipal, type AuditSink } from './audit.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { EvaluationService, RunEvaluationInput } from './evaluation-contracts.js';

export interface EvaluationServiceParts {
  readonly database: Database;
  readonly evaluations: EvaluationRepository;
  readonly audit: AuditSink;
  readonly recordings: Pick<RecordingRepository, 'findByIds'>;
  readonly queue: Pick<JobQueue, 'enqueue' | 'wake'>;
  readonly models: Pick<ModelDirectory, 'manifest' | 'defaultModelId'>;
  readonly events: EventBus;
  readonly intake: Pick<Intake, 'assertOpen'>;
  /** Null where nobody reviews. */
  readonly reviews: ResolvedReviews | null;
}

const runSchema = z.object({
  setId: z.string().min(1).max(64),
  model: z.string().min(1).max(64).nullish().transform((model) => model ?? null),
  raw: z.boolean().nullish().transform((raw) => raw ?? false),
  split: z.string().trim().min(1).max(64).nullish().transform((split) => split ?? null),
  idempotencyKey: z.string().min(1).max(200).nullish().transform((key) => key ?? null),
});
const COMPARISON = { resamples: 2000, seed: 20_240_601 } as const;

export function createEvaluationService(parts: EvaluationServiceParts): EvaluationService {
  const { database, evaluations, queue, models, events } = parts;

  async function requireRun(principal: Principal, id: string): Promise<EvaluationRunRecord> {
    const run = await evaluations.findRun(principal.workspaceId, id);
    if (run === null) throw notFound('evaluation run', id);
    return run;
  }

  const findExisting = (workspaceId: string, key: string | null, digest: string): Promise<EvaluationRunRecord | null> => earlierRequest('evaluation run', key, digest, (given) => evaluations.findRunByKey(workspaceId, given));

  async function start(principal: Principal, input: RunEvaluationInput): Promise<EvaluationRunRecord> {
    parts.intake.assertOpen();
    const { workspaceId } = principal;
    const { setId, model, raw, split, idempotencyKey } = parseWith(runSchema, input);
    const manifest = models.manifest(model ?? models.defaultModelId);
    const set = await evaluations.findSet(workspaceId, setId);
    if (set === null) throw notFound('evaluation set', setId);
    const requestDigest = createHash('sha256').update(JSON.stringify([setId, manifest.id, raw, split])).digest('hex');
    const existing = await findExisting(workspaceId, idempotencyKey, requestDigest);
    if (existing !== null) return existing;
    const id = newId('evaluationRun');
    try {
      const run = await database.transaction(async (tx) => {
        const inserted = await evaluations.insertRun(tx, { id, workspaceId, setId, modelId: manifest.id, raw, split, idempotencyKey, requestDigest });
        await queue.enqueue(tx, 'run-evaluation', { evaluationRunId: id }, { priority: 'bulk', key: id, workspaceId, needs: manifest.id });
        await parts.audit.record(tx, principal, { action: 'evaluation.requested', subjectKind: 'evaluationRun', subjectId: id, afterDigest: requestDigest });
        return inserted;
      });
      queue.wake('run-evaluation');
      return run;
    } catch (error) {
      const first = await findExisting(workspaceId, idempotencyKey, requestDigest);
      if (first !== null) return first;
      throw error;
    }
  }

  async function results(run: EvaluationRunRecord): Promise<readonly EvaluatedItem[]> {
    const [items, answers] = [await evaluations.items(run.workspaceId, run.setId), await evaluations.answers(run.id)];
    return items.flatMap((item) => {
      const result = answers.get(item.index);
      return result === undefined ? [] : [{ item: manifestItem(item), ...result }];
    });
  }

  return {
    async sets(principal) {
      requireScope(principal, 'evaluations:read');
      return evaluations.listSets(principal.workspaceId);
    },
    async findSets(principal, ids) {
      requireScope(principal, 'evaluations:read');
      return evaluations.findSets(principal.workspaceId, ids);
    },
    async createSet(principal, input) {
      requireScope(principal, 'evaluations:write');
      const parsed = parseSetInput(input);
      const { items, ...checked } = await checkSet(principal.workspaceId, parsed, visibleLabels(models.manifest(parsed.model ?? models.defaultModelId)), parts);
      return evaluations.insertSet({ id: newId('evaluationSet'), workspaceId: principal.workspaceId, name: parsed.name, isScheduled: parsed.scheduled ?? false, ...checked }, items,
        (tx, { id, version }) => parts.audit.record(tx, principal, { action: 'evaluation-set.stored', subjectKind: 'evaluationSet', subjectId: id, afterDigest: digestOf([id, version]) }));
    },
    async deleteSet(principal, id) {
      requireScope(principal, 'evaluations:admin');
      if (!(await evaluations.deleteSet(principal.workspaceId, id, (tx, { version }) => parts.audit.record(tx, principal, { action: 'evaluation-set.deleted', subjectKind: 'evaluationSet', subjectId: id, beforeDigest: digestOf([id, version]) })))) throw notFound('evaluation set', id);
      return { id };
    },
    async scheduleSet(principal, id, isScheduled) {
      requireScope(principal, 'evaluations:write');
      if (!(await evaluations.setScheduled(principal.workspaceId, id, isScheduled, recording(parts.audit, principal, { action: 'evaluation-set.scheduled', subjectKind: 'evaluationSet', subjectId: id, beforeDigest: digestOf({ isScheduled: !isScheduled }), afterDigest: digestOf({ isScheduled }) })))) throw notFound('evaluation set', id);
      return (await evaluations.findSet(principal.workspaceId, id))!;
    },

    async run(principal, input) {
      requireScope(principal, 'evaluations:write');
      return start(principal, input);
    },
    async findRun(principal, id) {
      requireScope(principal, 'evaluations:read');
      return evaluations.findRun(principal.workspaceId, id);
    },
    async listRuns(principal, page, setId) {
      requireScope(principal, 'evaluations:read');
      return evaluations.listRuns(principal.workspaceId, setId, page);
    },
    async results(principal, runId) {
      requireScope(principal, 'evaluations:read');
      return results(await requireRun(principal, runId));
    },
    async cancelRun(principal, id) {
      requireScope(principal, 'evaluations:write');
      const cancelled = await evaluations.cancelRun(principal.workspaceId, id, recording(parts.audit, principal, { action: 'evaluation.cancelled', subjectKind: 'evaluationRun', subjectId: id }));
      if (cancelled === null) throw notFound('evaluation run', id);
      const run = await requireRun(principal, id);
      if (!cancelled) throw new UndertoneError('CONFLICT', `The evaluation run ${id} has already ended (${run.status}).`, { status: run.status });
      events.publish({ kind: 'evaluation.progress', workspaceId: principal.workspaceId, runId: id, status: 'CANCELLED', progress: run.progress });
      return run;
    },
    async acceptRun(principal, id) {
      requireScope(principal, 'evaluations:write');
      const run = await requireRun(principal, id);
      if (!(await evaluations.acceptRun(principal.workspaceId, id, recording(parts.audit, principal, { action: 'evaluation.accepted', subjectKind: 'evaluationRun', subjectId: id })))) throw new UndertoneError('CONFLICT', `The evaluation run ${id} is ${run.status}; only a run that succeeded can be accepted.`, { status: run.status });
      return requireRun(principal, id);
    },
    async compareRuns(principal, aId, bId) {
      requireScope(principal, 'evaluations:read');
      const [a, b] = [await requireRun(principal, aId), await requireRun(principal, bId)];
      if (a.setId !== b.setId) throw new UndertoneError('BAD_INPUT', 'The two runs are of different evaluation sets; a comparison in pairs needs the same items.', { field: 'b' });
      for (const run of [a, b]) if (run.status !== 'SUCCEEDED') throw new UndertoneError('CONFLICT', `The evaluation run ${run.id} is ${run.status}; only runs that succeeded can be compared.`, { status: run.status });
      return { a, b, result: compareResults(await results(a), await results(b), [a.modelLabels, b.modelLabels], COMPARISON) };
    },

    async runScheduled(signal, isDryRun = false) {
      const day = new Date().toISOString().slice(0, 10);
      let startedCount = 0;
      for (const set of await evaluations.listScheduled()) {
        signal.throwIfAborted();
        // One run a day and set, however often the task runs.
        if (!isDryRun) await inWorkspace(set.workspaceId, () => start(systemPrincipal(set.workspaceId), { setId: set.id, idempotencyKey: `scheduled-${set.id}-${day}` }));
        startedCount += 1;
      }
      return { startedCount };
    },
  };
}

/** An item of a stored set as the figures take it; recordings are named by their ids. */
export function manifestItem({ index, recordingId, ...item }: EvaluationItemRecord): EvaluatedItem['item'] {
  return { ...item, line: index + 1, path: recordingId, columns: {} };
}
