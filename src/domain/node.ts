import type { ModelManifest, ModelState, ModelStatus, Provider } from './model.js';

/** What a process does: answers requests, takes jobs, or both. */
export type NodeRole = 'api' | 'worker';

/** A model that a node holds, as of its last heartbeat. */
export interface NodeModel {
  readonly manifest: ModelManifest;
  readonly state: ModelState;
  readonly provider: Provider;
  readonly providerFallback: string | null;
  readonly memoryBytes: number | null;
  readonly queueLength: number;
}

/** One process of the platform. */
export interface NodeRecord {
  readonly id: string;
  readonly roles: readonly NodeRole[];
  /** Name of its machine. */
  readonly host: string;
  readonly version: string;
  /** Jobs at once; 0 without the worker role. */
  readonly concurrency: number;
  readonly defaultModelId: string | null;
  /** Models that it takes jobs for; empty without the worker role. */
  readonly models: readonly NodeModel[];
  /** It finishes what it holds and takes nothing new. */
  readonly isDraining: boolean;
  readonly startedAt: Date;
  readonly heartbeatAt: Date;
}

/** Of several states of one model the one that says most to somebody who waits for it. */
const LIVELIEST: readonly ModelState['kind'][] = ['busy', 'ready', 'loading', 'draining', 'failed', 'unloaded'];

/** One status for all nodes that hold a model: the liveliest state, memory and queues added up. */
export function mergedStatus(held: readonly NodeModel[], isDefault: boolean): ModelStatus {
  const [speaker] = [...held].sort((a, b) => LIVELIEST.indexOf(a.state.kind) - LIVELIEST.indexOf(b.state.kind));
  if (speaker === undefined) throw new RangeError('a model that no node holds has no status');
  const known = held.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  return {
    manifest: speaker.manifest,
    state: speaker.state,
    provider: speaker.provider,
    providerFallback: speaker.providerFallback,
    memoryBytes: known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0),
    queueLength: held.reduce((sum, { queueLength }) => sum + queueLength, 0),
    isDefault,
  };
}
