export type Severity = 'INFO' | 'WARNING' | 'CRITICAL';
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** One condition as it was looked at; `result` null: not known. */
export interface TraceLine {
  readonly path: string;
  readonly condition: string;
  readonly asked: string;
  readonly seen: JsonValue;
  readonly result: boolean | null;
  readonly atSeconds: number | null;
}

export interface Firing {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speakerKey: string | null;
  readonly trace: readonly TraceLine[];
}

export interface Alert extends Firing {
  readonly id: string;
  readonly ruleId: string;
  readonly ruleName: string;
  readonly ruleVersion: number;
  readonly severity: Severity;
  readonly recordingId: string;
  readonly createdAt: string;
  readonly isOfThePast: boolean;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgeNote: string | null;
  readonly actions: readonly { readonly kind: string; readonly state: 'PENDING' | 'DONE' | 'UNAVAILABLE' | 'FAILED'; readonly message: string | null }[];
}

export interface RuleRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly severity: Severity;
  readonly version: number;
  readonly firingCount: number;
  readonly updatedAt: string;
}

export interface RuleDetail extends RuleRow {
  readonly definition: JsonValue;
  readonly history: readonly { readonly version: number; readonly definition: JsonValue; readonly note: string | null; readonly createdBy: string; readonly createdAt: string }[];
}

export interface RuleTemplate { readonly id: string; readonly definition: { readonly name?: string; readonly [key: string]: JsonValue | undefined } }

export interface Backtest {
  readonly analysisCount: number;
  readonly segmentCount: number;
  readonly firedAnalysisCount: number;
  readonly firingCount: number;
  readonly suppressedCount: number;
  readonly firingsPerHour: number | null;
  readonly precision: { readonly value: number; readonly low: number; readonly high: number; readonly rightCount: number; readonly reviewedCount: number } | null;
  readonly precisionReason: string | null;
  readonly nextAfter: string | null;
  readonly examples: readonly (Firing & { readonly analysisId: string; readonly recordingId: string })[];
}

/** A stored rule by id, or a definition that is only tried. */
export interface RuleTarget { readonly id?: string; readonly definition?: JsonValue }
export interface RuleRange { readonly from?: string; readonly to?: string }
