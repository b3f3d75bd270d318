import type { StepFigures } from '../domain/plugin-figures.js';
import { Circuit } from './circuit.js';
import type { DurableListener, Fact, FactKind } from './contract.js';
import { withDeadline } from './deadline.js';

export interface RegisteredListener extends Pick<DurableListener, 'deadlineMs' | 'run'> {
  /** `plugin/listener`: what waiting deliveries name. */
  readonly id: string;
  readonly plugin: string;
  readonly kind: FactKind;
}

/** Durable listeners as the queue sees them. */
export interface FactDelivery {
  /** Ids of those that hear this kind: one delivery each, so that one that fails is tried again alone. */
  listenersTo(kind: FactKind): readonly string[];
  /** False when no listener of that id is there (its plugin was removed). Rejects with what it threw, or when it took too long. */
  deliver(listenerId: string, fact: Fact, context: { readonly signal: AbortSignal; readonly isLastAttempt: boolean }): Promise<boolean>;
  figures(): readonly StepFigures[];
}

/** The queue's back-off stands in for the pause of a circuit: a failing listener is tried less and less often by itself. */
export function createFactDelivery(listeners: readonly RegisteredListener[], { now = Date.now, onFailure }: { readonly now?: () => number; readonly onFailure?: (pluginName: string) => void }): FactDelivery {
  const byId = new Map(listeners.map((listener) => [listener.id, { listener, circuit: new Circuit(listener.plugin, listener.id.slice(listener.plugin.length + 1), now) }]));
  return {
    listenersTo: (kind) => listeners.filter((listener) => listener.kind === kind).map((listener) => listener.id),
    async deliver(listenerId, fact, { signal, isLastAttempt }) {
      const found = byId.get(listenerId);
      if (found === undefined) return false;
      const beganMs = now();
      try {
        await withDeadline(found.listener.deadlineMs, signal, (inner) => found.listener.run(fact, { signal: inner, isLastAttempt }));
        found.circuit.succeeded(now() - beganMs);
        return true;
      } catch (error) {
        found.circuit.failed(now() - beganMs);
        onFailure?.(found.listener.plugin);
        throw error;
      }
    },
    figures: () => [...byId.values()].map(({ circuit }) => circuit.figures()),
  };
}
