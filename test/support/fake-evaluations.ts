import type { CalibrationRepository } from '../../src/db/calibration.repository.js';
import type { Database, Transaction } from '../../src/db/database.js';
import type { EvaluationRepository } from '../../src/db/evaluation.repository.js';
import type { ItemResult } from '../../src/domain/evaluated-item.js';
import type { CalibrationRecord, EvaluationItemRecord, EvaluationRunRecord, EvaluationSetRecord } from '../../src/domain/evaluation-records.js';
import { createCalibrationService } from '../../src/services/calibration.service.js';
import { createEvaluationService } from '../../src/services/evaluation.service.js';
import type { Services } from '../../src/services/service-contracts.js';
import { MANIFEST, type FakeWorld } from './fake-services.js';
import { noAudit } from './no-audit.js';

/** What a database would hold of evaluations. */
export class FakeEvaluations {
  readonly sets = new Map<string, EvaluationSetRecord>();
  readonly itemsOf = new Map<string, readonly EvaluationItemRecord[]>();
  readonly runs = new Map<string, EvaluationRunRecord>();
  readonly answersOf = new Map<string, Map<number, ItemResult>>();
  readonly calibrations: CalibrationRecord[] = [];

  change(id: string, changes: Partial<EvaluationRunRecord>): EvaluationRunRecord {
    const changed = { ...this.runs.get(id)!, ...changes };
    this.runs.set(id, changed);
    return changed;
  }
}

/** The real services on maps instead of tables. */
export function fakeEvaluations(world: FakeWorld): Pick<Services, 'evaluations' | 'calibrations'> {
  const held = world.evaluations;
  const mine = <T extends { readonly workspaceId: string }>(workspaceId: string, item: T | undefined): T | null => (item?.workspaceId === workspaceId ? item : null);
  const isOpen = (run: EvaluationRunRecord): boolean => run.status === 'QUEUED' || run.status === 'RUNNING';
  const evaluations: EvaluationRepository = {
    insertSet: (row, items) => {
      const known = [...held.sets.values()].find((set) => set.workspaceId === row.workspaceId && set.name === row.name && set.version === row.version);
      if (known !== undefined) return Promise.resolve(known);
      const set = { ...row, createdAt: new Date(0) };
      held.sets.set(set.id, set);
      held.itemsOf.set(set.id, items);
      return Promise.resolve(set);
    },
    listSets: (workspaceId) => Promise.resolve([...held.sets.values()].filter((set) => set.workspaceId === workspaceId).reverse()),
    findSet: (workspaceId, id) => Promise.resolve(mine(workspaceId, held.sets.get(id))),
    findSets: (workspaceId, ids) => Promise.resolve(ids.flatMap((id) => mine(workspaceId, held.sets.get(id)) ?? [])),
    deleteSet: (workspaceId, id) => Promise.resolve(mine(workspaceId, held.sets.get(id)) !== null && held.sets.delete(id)),
    setScheduled: (workspaceId, id, isScheduled) => {
      const set = mine(workspaceId, held.sets.get(id));
      if (set !== null) held.sets.set(id, { ...set, isScheduled });
      return Promise.resolve(set !== null);
    },
    listScheduled: () => Promise.resolve([...held.sets.values()].filter((set) => set.isScheduled)),
    items: (_workspaceId, setId) => Promise.resolve(held.itemsOf.get(setId) ?? []),
    insertRun: (_tx, row) => {
      const run: EvaluationRunRecord = { ...row, modelVersion: null, modelDigest: null, modelLabels: [], status: 'QUEUED', progress: 0, problem: null, report: null, alarm: null, acceptedAt: null, createdAt: new Date(0), startedAt: null, finishedAt: null };
      held.runs.set(run.id, run);
      return Promise.resolve(run);
    },
    findRun: (workspaceId, id) => Promise.resolve(mine(workspaceId, held.runs.get(id))),
    findRunForWork: (id) => Promise.resolve(held.runs.get(id) ?? null),
    findRunByKey: (workspaceId, key) => Promise.resolve([...held.runs.values()].find((run) => run.workspaceId === workspaceId && run.idempotencyKey === key) ?? null),
    listRuns: (workspaceId, setId, page) => {
      const items = [...held.runs.values()].filter((run) => run.workspaceId === workspaceId && (setId === null || run.setId === setId)).reverse().map((run) => ({ ...run, report: null }));
      const shown = items.slice(0, page.first);
      return Promise.resolve({ items: shown, cursors: shown.map(({ id }) => id), hasNextPage: items.length > shown.length, totalCount: items.length });
    },
    lastAccepted: (workspaceId, setId, modelId) => Promise.resolve([...held.runs.values()].filter((run) => run.workspaceId === workspaceId && run.setId === setId && run.modelId === modelId && run.acceptedAt !== null).at(-1) ?? null),
    beginRun: (id, { version, digest, labels }) => {
      const run = held.runs.get(id);
      if (run === undefined || !isOpen(run)) return Promise.resolve(false);
      if (run.modelDigest !== null && run.modelDigest !== digest) held.answersOf.delete(id);
      held.change(id, { status: 'RUNNING', modelVersion: version, modelDigest: digest, modelLabels: labels });
      return Promise.resolve(true);
    },
    setRunProgress: (id, progress) => {
      const isRunning = held.runs.get(id)?.status === 'RUNNING';
      if (isRunning) held.change(id, { progress });
      return Promise.resolve(isRunning);
    },
    saveAnswer: ({ id }, { index }, result) => {
      const answers = held.answersOf.get(id) ?? new Map<number, ItemResult>();
      if (!answers.has(index)) answers.set(index, result);
      held.answersOf.set(id, answers);
      return Promise.resolve();
    },
    answers: (id) => Promise.resolve(new Map(held.answersOf.get(id))),
    completeRun: (id, report, alarm) => {
      const isRunning = held.runs.get(id)?.status === 'RUNNING';
      if (isRunning) held.change(id, { status: 'SUCCEEDED', progress: 1, report, alarm });
      return Promise.resolve(isRunning);
    },
    failRun: (id, problem) => Promise.resolve(isOpen(held.runs.get(id)!) && held.change(id, { status: 'FAILED', problem }).status === 'FAILED'),
    cancelRun: (workspaceId, id) => {
      const run = mine(workspaceId, held.runs.get(id));
      if (run === null) return Promise.resolve(null);
      return Promise.resolve(isOpen(run) && held.change(id, { status: 'CANCELLED' }).status === 'CANCELLED');
    },
    reopenRun: (_tx, _workspaceId, id) => Promise.resolve(held.runs.get(id)?.status === 'FAILED' && held.change(id, { status: 'QUEUED', problem: null }).status === 'QUEUED'),
    acceptRun: (workspaceId, id) => Promise.resolve(mine(workspaceId, held.runs.get(id))?.status === 'SUCCEEDED' && held.change(id, { acceptedAt: new Date(1) }).acceptedAt !== null),
  };
  const calibrations: CalibrationRepository = {
    insert: (row) => {
      const record = { ...row, createdAt: new Date(0), retiredAt: null };
      held.calibrations.unshift(record);
      return Promise.resolve(record);
    },
    list: (workspaceId, modelId) => Promise.resolve(held.calibrations.filter((one) => one.workspaceId === workspaceId && (modelId === null || one.modelId === modelId))),
    findInForce: (workspaceId, digest, scopes) => Promise.resolve(scopes.flatMap((scope) => held.calibrations.find((one) => one.workspaceId === workspaceId && one.modelDigest === digest && one.scope === scope && one.retiredAt === null) ?? [])),
    retire: (workspaceId, id) => {
      const at = held.calibrations.findIndex((one) => one.id === id && one.workspaceId === workspaceId && one.retiredAt === null);
      if (at < 0) return Promise.resolve(null);
      const retired = { ...held.calibrations[at]!, retiredAt: new Date(1) };
      held.calibrations[at] = retired;
      return Promise.resolve(retired);
    },
  };
  return {
    evaluations: createEvaluationService({
      evaluations, audit: noAudit, reviews: { listResolved: () => Promise.resolve([...world.recordings.keys()].map((recordingId) => ({ recordingId, label: 'sad' }))) },
      database: { transaction: <T>(work: (tx: Transaction) => Promise<T>) => work({} as Transaction) } as Database,
      recordings: { findByIds: (workspaceId, ids) => Promise.resolve(ids.flatMap((id) => mine(workspaceId, world.recordings.get(id)) ?? [])) },
      queue: { enqueue: () => Promise.resolve(), wake: () => undefined },
      models: { defaultModelId: MANIFEST.id, manifest: () => MANIFEST },
      events: { publish: () => undefined, listen: () => () => undefined, watch: () => () => undefined, relay: () => undefined },
      intake: { assertOpen: () => undefined },
    }),
    calibrations: createCalibrationService({ evaluations, calibrations, audit: noAudit }),
  };
}
