import type { NodeRepository } from '../db/repositories.js';
import type { NodeModel, NodeRecord, NodeRole } from '../domain/node.js';

/** Written so often; a node that was not heard of for LIVE_SECONDS counts as gone. */
export const HEARTBEAT_MS = 5_000;
const LIVE_SECONDS = 20;
const FORGOTTEN_SECONDS = 3600;
/** Changes of state come in bursts (loading, ready, busy); one write tells them all. */
const GATHER_MS = 150;

export interface NodeRegistryParts {
  readonly id: string;
  readonly roles: readonly NodeRole[];
  readonly host: string;
  readonly version: string;
  readonly concurrency: number;
  /** Null on the embedded database: one process, nothing to tell. */
  readonly nodes: NodeRepository | null;
  /** What this node takes jobs for, now. */
  readonly heldModels: () => readonly NodeModel[];
  readonly defaultModelId: () => string | null;
  /** Told after a write that others should look at soon. */
  readonly announce: () => void;
  /** Models whose state on another node is not what it was at the look before. */
  readonly onModelsChanged: (modelIds: readonly string[]) => void;
  readonly onFault: (error: unknown) => void;
  readonly now?: () => number;
}

/** Who takes part, by heartbeats in the database. What it knows of others is at most a heartbeat old. */
export interface NodeRegistry {
  /** This node first, then the others that live. */
  nodes(): readonly NodeRecord[];
  start(): Promise<void>;
  /** Something here changed (a model's state): told to the others soon. */
  touch(): void;
  /** Looks at the others soon: one of them said that it changed, or may have. */
  lookSoon(): void;
  /** From now on this node counts as on its way out. */
  drain(): void;
  stop(): Promise<void>;
}

export function createNodeRegistry(parts: NodeRegistryParts): NodeRegistry {
  const { nodes, onFault, now = Date.now } = parts;
  const startedAt = new Date(now());
  let others: readonly NodeRecord[] = [];
  let isDraining = false;
  let isStopped = false;
  let tick: NodeJS.Timeout | null = null;
  let beatTimer: NodeJS.Timeout | null = null;
  let lookTimer: NodeJS.Timeout | null = null;
  /** One statement after the other: a late write must not bring the row back after its removal. */
  let last: Promise<void> = Promise.resolve();

  function self(): NodeRecord {
    const { id, roles, host, version, concurrency } = parts;
    return { id, roles, host, version, concurrency, defaultModelId: parts.defaultModelId(), models: parts.heldModels(), isDraining, startedAt, heartbeatAt: new Date(now()) };
  }
  function inTurn(work: (repository: NodeRepository) => Promise<void>): Promise<void> {
    if (nodes === null) return Promise.resolve();
    last = last.then(() => work(nodes)).catch(onFault);
    return last;
  }
  const beat = (): Promise<void> => inTurn(async (repository) => {
    if (!isStopped) await repository.beat(self());
  });
  const look = (): Promise<void> => inTurn(async (repository) => {
    const seen = (await repository.listLive(LIVE_SECONDS)).filter(({ id }) => id !== parts.id);
    const changed = differing(statesOf(others), statesOf(seen));
    others = seen;
    if (changed.length > 0) parts.onModelsChanged(changed);
  });

  return {
    nodes: () => [self(), ...others],
    async start() {
      if (nodes === null) return;
      await inTurn(async (repository) => { await repository.removeDead(FORGOTTEN_SECONDS); });
      await beat();
      await look();
      tick = setInterval(() => {
        void beat();
        void look();
      }, HEARTBEAT_MS).unref();
    },
    touch() {
      if (nodes === null) return;
      beatTimer ??= setTimeout(() => {
        beatTimer = null;
        void beat().then(parts.announce);
      }, GATHER_MS).unref();
    },
    lookSoon() {
      if (nodes === null) return;
      lookTimer ??= setTimeout(() => {
        lookTimer = null;
        void look();
      }, GATHER_MS / 3).unref();
    },
    drain() {
      isDraining = true;
      void beat().then(parts.announce);
    },
    async stop() {
      for (const timer of [tick, beatTimer, lookTimer]) if (timer !== null) clearTimeout(timer);
      isStopped = true;
      await inTurn((repository) => repository.remove(parts.id));
      if (nodes !== null) parts.announce();
    },
  };
}

/** By model, what all nodes say of it, as text to compare. */
function statesOf(records: readonly NodeRecord[]): ReadonlyMap<string, string> {
  const states = new Map<string, string>();
  for (const { id, models } of records) for (const { manifest, state } of models) states.set(manifest.id, `${states.get(manifest.id) ?? ''}${id}:${JSON.stringify(state)};`);
  return states;
}

function differing(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((id) => before.get(id) !== after.get(id));
}
