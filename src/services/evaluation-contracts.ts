import type { EvaluatedItem } from '../domain/evaluated-item.js';
import type { CalibrationRecord, EvaluationRunRecord, EvaluationSetRecord } from '../domain/evaluation-records.js';
import type { PairedComparison } from '../domain/paired-comparison.js';
import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest } from '../domain/records.js';
import type { CalibrateInput } from './calibration.service.js';
import type { EvaluationSetInput } from './evaluation-set.js';

export interface RunEvaluationInput {
  readonly setId: string;
  /** Default: the default model. */
  readonly model?: string | null;
  readonly raw?: boolean | null;
  /** Only items of this split. */
  readonly split?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface EvaluationService {
  /** The newest first. */
  sets(principal: Principal): Promise<readonly EvaluationSetRecord[]>;
  findSets(principal: Principal, ids: readonly string[]): Promise<readonly EvaluationSetRecord[]>;
  /** The same name and content again give the set that is there. BAD_INPUT with every fault at once. */
  createSet(principal: Principal, input: EvaluationSetInput): Promise<EvaluationSetRecord>;
  /** With its runs. Admin. NOT_FOUND. */
  deleteSet(principal: Principal, id: string): Promise<{ readonly id: string }>;
  scheduleSet(principal: Principal, id: string, isScheduled: boolean): Promise<EvaluationSetRecord>;
  /** As a durable job. NOT_FOUND, MODEL_UNKNOWN, IDEMPOTENCY_KEY_REUSED. */
  run(principal: Principal, input: RunEvaluationInput): Promise<EvaluationRunRecord>;
  findRun(principal: Principal, id: string): Promise<EvaluationRunRecord | null>;
  /** The newest first; `report` is left out (null). */
  listRuns(principal: Principal, page: PageRequest, setId: string | null): Promise<Page<EvaluationRunRecord>>;
  /** What has been answered so far, in the order of the set. NOT_FOUND. */
  results(principal: Principal, runId: string): Promise<readonly EvaluatedItem[]>;
  /** NOT_FOUND, CONFLICT when it has ended. */
  cancelRun(principal: Principal, id: string): Promise<EvaluationRunRecord>;
  /** From now on what later runs of the set and model are held against. NOT_FOUND, CONFLICT. */
  acceptRun(principal: Principal, id: string): Promise<EvaluationRunRecord>;
  /** b against a, item by item. NOT_FOUND; BAD_INPUT for different sets; CONFLICT when one has not succeeded. */
  compareRuns(principal: Principal, a: string, b: string): Promise<{ readonly a: EvaluationRunRecord; readonly b: EvaluationRunRecord; readonly result: PairedComparison }>;
  /** For the scheduled task: starts a run of each scheduled set, once a day. */
  runScheduled(signal: AbortSignal, isDryRun?: boolean): Promise<{ readonly startedCount: number }>;
}

export interface CalibrationService {
  /** Of this workspace, the newest first. */
  list(principal: Principal, modelId: string | null): Promise<readonly CalibrationRecord[]>;
  /** Fitted on a run that succeeded; in force from now on. Admin. NOT_FOUND, CONFLICT, BAD_INPUT for too few items. */
  calibrate(principal: Principal, input: CalibrateInput): Promise<CalibrationRecord>;
  /** The one before it, or the model's own, is in force again. Admin. NOT_FOUND. */
  retire(principal: Principal, id: string): Promise<CalibrationRecord>;
}
