import type { JsonObject } from './json.js';

export const ALERT_SEVERITIES = ['info', 'warning', 'critical'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

export interface RuleRecord {
  readonly id: string;
  readonly workspaceId: string;
  /** From 1; each change makes the next. */
  readonly version: number;
  /** As its author wrote it; src/plugins/business-rules checks and completes it. */
  readonly definition: JsonObject;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface RuleVersionRecord {
  readonly ruleId: string;
  readonly version: number;
  readonly definition: JsonObject;
  readonly note: string | null;
  /** Name of the key that made it. */
  readonly createdBy: string;
  readonly createdAt: Date;
}

export const ACTION_STATES = ['PENDING', 'DONE', 'UNAVAILABLE', 'FAILED'] as const;
/** UNAVAILABLE: this installation has no part that could do it. */
export type ActionState = (typeof ACTION_STATES)[number];

export interface ActionOutcome {
  readonly kind: string;
  readonly state: ActionState;
  /** For people; null where there is nothing to say. */
  readonly message: string | null;
  /** What the rule gave the action, for example the tags. */
  readonly input: JsonObject;
}

/** One condition as it was looked at: what was asked, what was seen, and whether it held (null: not known). */
export interface TraceRecord {
  readonly path: string;
  readonly condition: string;
  readonly asked: string;
  readonly seen: string | number | boolean | null;
  readonly result: boolean | null;
  readonly atSeconds: number | null;
}

export interface AlertRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly ruleId: string;
  readonly ruleVersion: number;
  readonly ruleName: string;
  readonly severity: AlertSeverity;
  readonly analysisId: string;
  readonly recordingId: string;
  readonly occurrenceKey: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speakerKey: string | null;
  readonly segmentIds: readonly string[];
  readonly trace: readonly TraceRecord[];
  readonly actions: readonly ActionOutcome[];
  readonly isShown: boolean;
  readonly isOfThePast: boolean;
  readonly createdAt: Date;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgeNote: string | null;
}

export interface AlertFilter {
  readonly ruleId?: string;
  readonly analysisId?: string;
  readonly recordingId?: string;
  readonly severity?: AlertSeverity;
  readonly acknowledged?: boolean;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
}
