import type { JsonObject } from '../domain/json.js';
import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest } from '../domain/records.js';
import type { AlertFilter, AlertRecord, AlertSeverity, RuleRecord, RuleVersionRecord, TraceRecord } from '../domain/rule-records.js';

/** Viewers read; analysts write, try and apply rules and acknowledge alerts. */
export interface RuleService {
  list(principal: Principal): Promise<readonly RuleRecord[]>;
  find(principal: Principal, id: string): Promise<RuleRecord | null>;
  history(principal: Principal, id: string): Promise<readonly RuleVersionRecord[]>;
  alertCounts(principal: Principal, ruleIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** BAD_INPUT with the path and the nearest valid name, of a webhook that an enabled rule calls as well; CONFLICT at the most rules that a workspace may have. */
  create(principal: Principal, input: RuleInput): Promise<RuleRecord>;
  /** NOT_FOUND; CONFLICT when the version is not `expectedVersion` any more. */
  update(principal: Principal, id: string, input: RuleInput & { readonly expectedVersion?: number | null }): Promise<RuleRecord>;
  delete(principal: Principal, id: string): Promise<{ readonly id: string }>;
  templates(principal: Principal): readonly RuleTemplate[];
  /** One rule over one analysis, with its explanation whether it fires or not. */
  test(principal: Principal, target: RuleTarget, analysisId: string): Promise<RuleTest>;
  backtest(principal: Principal, target: RuleTarget, range: Partial<RuleRange>, signal: AbortSignal): Promise<Backtest>;
  /** Writes the alerts that the rule would have raised; those that it raised before are not doubled. */
  apply(principal: Principal, id: string, range: Partial<RuleRange> & { readonly withActions?: boolean | null }, signal: AbortSignal): Promise<RuleApplication>;
  /** JSON Schema of a rule. */
  schema(): Record<string, unknown>;
}

/** Exactly one of the two. */
export interface RuleInput {
  readonly definition?: unknown;
  readonly template?: string | null;
  /** Kept in the history. */
  readonly note?: string | null;
}
/** A stored rule, or one that is only tried. */
export interface RuleTarget {
  readonly id?: string | null;
  readonly definition?: unknown;
}
export interface RuleRange {
  readonly from: Date | null;
  readonly to: Date | null;
  /** `nextAfter` of the call before. */
  readonly after: string | null;
}
export interface RuleTemplate {
  readonly id: string;
  readonly definition: JsonObject;
}
export interface RuleFiring {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speakerKey: string | null;
  readonly segmentIds: readonly string[];
  readonly trace: readonly TraceRecord[];
}
export interface RuleTest {
  readonly firings: readonly RuleFiring[];
  readonly suppressedCount: number;
  /** Of the first firing, or of the beginning where there is none. */
  readonly trace: readonly TraceRecord[];
}
export interface BacktestPrecision {
  readonly value: number;
  /** 95 % by Wilson. */
  readonly low: number;
  readonly high: number;
  readonly rightCount: number;
  readonly reviewedCount: number;
}
export interface Backtest {
  readonly analysisCount: number;
  readonly segmentCount: number;
  readonly firedAnalysisCount: number;
  readonly firingCount: number;
  readonly suppressedCount: number;
  /** Per hour of recordings; null where there was none. */
  readonly firingsPerHour: number | null;
  readonly examples: readonly (RuleFiring & { readonly analysisId: string; readonly recordingId: string })[];
  readonly precision: BacktestPrecision | null;
  /** Why there is no precision. */
  readonly precisionReason: string | null;
  /** To go on from; null when everything was read. */
  readonly nextAfter: string | null;
}
export interface RuleApplication {
  readonly rule: RuleRecord;
  readonly analysisCount: number;
  readonly firingCount: number;
  readonly newAlertCount: number;
  readonly nextAfter: string | null;
}

export interface AlertService {
  list(principal: Principal, page: PageRequest, filter: AlertFilter): Promise<Page<AlertRecord>>;
  find(principal: Principal, id: string): Promise<AlertRecord | null>;
  forAnalyses(principal: Principal, analysisIds: readonly string[]): Promise<readonly AlertRecord[]>;
  acknowledge(principal: Principal, id: string, note: string | null): Promise<AlertRecord>;
  /** Alerts of the workspace as they are raised. */
  raised(principal: Principal, filter: { readonly severity: AlertSeverity | null }, signal: AbortSignal): AsyncIterable<AlertRecord>;
}
