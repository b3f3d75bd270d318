import type { AnalysisStatus } from './analysis.js';
import type { ModelState } from './model.js';

/** Facts that have happened and are committed. Listeners can neither veto nor break what made them. */
export type DomainEvent =
  | { readonly kind: 'analysis.progress'; readonly workspaceId: string; readonly analysisId: string; readonly status: AnalysisStatus; readonly progress: number }
  | { readonly kind: 'analysis.completed'; readonly workspaceId: string; readonly analysisId: string; readonly recordingId: string }
  | { readonly kind: 'analysis.failed'; readonly workspaceId: string; readonly analysisId: string; readonly recordingId: string }
  | { readonly kind: 'recording.deleted'; readonly workspaceId: string; readonly recordingId: string }
  | { readonly kind: 'alert.raised'; readonly workspaceId: string; readonly alertId: string; readonly ruleId: string; readonly analysisId: string; readonly recordingId: string }
  | { readonly kind: 'review.resolved'; readonly workspaceId: string; readonly reviewId: string; readonly analysisId: string }
  | { readonly kind: 'model.state'; readonly modelId: string; readonly state: ModelState };

export type DomainEventKind = DomainEvent['kind'];

/** The facts that plugins and webhooks hear. Ids only, never data: who hears one reads the truth when it runs. */
export const FACT_KINDS = ['analysis.completed', 'analysis.failed', 'recording.deleted', 'alert.raised', 'review.resolved'] as const satisfies readonly DomainEventKind[];
export type FactKind = (typeof FACT_KINDS)[number];
export type Fact<K extends FactKind = FactKind> = Extract<DomainEvent, { kind: K }>;

/** In-process fan-out; a database-backed bridge may stand behind it in a fleet. */
export interface EventBus {
  publish(event: DomainEvent): void;
  /** Returns the function that stops listening. */
  listen(listener: (event: DomainEvent) => void): () => void;
}
