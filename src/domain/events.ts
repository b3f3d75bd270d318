import type { AnalysisStatus } from './analysis.js';
import type { ModelState } from './model.js';

/** Facts that have happened and are committed. Listeners can neither veto nor break what made them. */
export type DomainEvent =
  | { readonly kind: 'analysis.progress'; readonly workspaceId: string; readonly analysisId: string; readonly status: AnalysisStatus; readonly progress: number }
  | { readonly kind: 'analysis.completed'; readonly workspaceId: string; readonly analysisId: string; readonly recordingId: string }
  | { readonly kind: 'analysis.failed'; readonly workspaceId: string; readonly analysisId: string; readonly recordingId: string }
  /** A transcript was put in the place of what a finished analysis had; each one has a revision of its own. */
  | { readonly kind: 'analysis.transcribed'; readonly workspaceId: string; readonly analysisId: string; readonly recordingId: string; readonly revision: string }
  | { readonly kind: 'recording.deleted'; readonly workspaceId: string; readonly recordingId: string }
  | { readonly kind: 'evaluation.progress'; readonly workspaceId: string; readonly runId: string; readonly status: AnalysisStatus; readonly progress: number }
  /** UA has fallen under the interval of the last accepted run of the same set and model. */
  | { readonly kind: 'evaluation.alarm'; readonly workspaceId: string; readonly runId: string; readonly setId: string }
  | { readonly kind: 'alert.raised'; readonly workspaceId: string; readonly alertId: string; readonly ruleId: string; readonly analysisId: string; readonly recordingId: string }
  | { readonly kind: 'review.resolved'; readonly workspaceId: string; readonly reviewId: string; readonly analysisId: string }
  /** The queue of human review has changed: one item, or by null several. For whoever shows it; nobody acts on it. */
  | { readonly kind: 'review.queue'; readonly workspaceId: string; readonly reviewId: string | null }
  /** Within two weeks; told every morning. `endsAt`: ISO 8601. */
  | { readonly kind: 'key.ending'; readonly workspaceId: string; readonly keyId: string; readonly endsAt: string }
  /** Nine tenths of a workspace's quota are used, or more; told every morning. */
  | { readonly kind: 'quota.near'; readonly workspaceId: string; readonly storedBytes: number; readonly maxBytes: number }
  /** Free space of the installation runs short; `workspaceId` is that of its operators. */
  | { readonly kind: 'disk.low'; readonly workspaceId: string; readonly freeBytes: number; readonly lowBytes: number }
  | { readonly kind: 'model.state'; readonly modelId: string; readonly state: ModelState };

export type DomainEventKind = DomainEvent['kind'];

/** The facts that plugins and webhooks hear. Ids and figures only, never data: who hears one reads the truth when it runs. */
export const FACT_KINDS = ['analysis.completed', 'analysis.failed', 'analysis.transcribed', 'recording.deleted', 'alert.raised', 'review.resolved', 'key.ending', 'quota.near', 'disk.low'] as const satisfies readonly DomainEventKind[];
export type FactKind = (typeof FACT_KINDS)[number];
export type Fact<K extends FactKind = FactKind> = Extract<DomainEvent, { kind: K }>;

/**
 * Facts that other nodes published may have been lost (the connection between them was). Only watchers hear it, and read
 * again what they show.
 */
export interface EventsMissed {
  readonly kind: 'events.missed';
}

/** A fact that another node made, by that node's id; null for one of this process. */
export type WatchListener = (event: DomainEvent | EventsMissed, nodeId: string | null) => void;

/** Fan-out of facts. In a fleet a bridge stands behind it and carries them between nodes. */
export interface EventBus {
  publish(event: DomainEvent): void;
  /**
   * Facts made in this process. Whoever acts on a fact (plugins, webhooks, rules) listens here, so that each fact is
   * acted on by one node of a fleet. Returns the function that stops listening.
   */
  listen(listener: (event: DomainEvent) => void): () => void;
  /** Facts of every node, for whoever shows them (subscriptions). */
  watch(listener: WatchListener): () => void;
  /** For the bridge alone: tells watchers what another node published, or that something may have been missed. */
  relay(event: DomainEvent | EventsMissed, nodeId: string | null): void;
}
