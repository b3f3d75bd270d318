import type { AnalysisStatus } from './analysis.js';
import type { ModelState } from './model.js';

/** Facts that have happened and are committed. Listeners can neither veto nor break what made them. */
export type DomainEvent =
  | { readonly kind: 'analysis.progress'; readonly workspaceId: string; readonly analysisId: string; readonly status: AnalysisStatus; readonly progress: number }
  | { readonly kind: 'analysis.completed' | 'analysis.failed'; readonly workspaceId: string; readonly analysisId: string; readonly recordingId: string }
  | { readonly kind: 'recording.deleted'; readonly workspaceId: string; readonly recordingId: string }
  | { readonly kind: 'key.ending'; readonly workspaceId: string; readonly keyId: string; readonly expiresAt: Date }
  | { readonly kind: 'model.state'; readonly modelId: string; readonly state: ModelState };

export type DomainEventKind = DomainEvent['kind'];

/** In-process fan-out; a database-backed bridge may stand behind it in a fleet. */
export interface EventBus {
  publish(event: DomainEvent): void;
  /** Returns the function that stops listening. */
  listen(listener: (event: DomainEvent) => void): () => void;
}
