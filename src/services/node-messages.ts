import type { RateKind } from './rate-limiter.js';
import type { DomainEvent, EventBus } from '../domain/events.js';

/** What nodes tell each other. Small: ids and states; whoever needs more reads the database. */
export type NodeMessage =
  | { readonly kind: 'event'; readonly event: DomainEvent }
  | { readonly kind: 'wake'; readonly job: string }
  | { readonly kind: 'model'; readonly action: 'load' | 'unload'; readonly modelId: string }
  /** What callers used of their limits at the sender: [caller, kind, amount]. */
  | { readonly kind: 'rates'; readonly spent: readonly (readonly [string, RateKind, number])[] }
  /** The sender has written its row anew: the state of a model of its, mostly. */
  | { readonly kind: 'node' }
  /** The sender could not be heard for a while: read again what it may have said. */
  | { readonly kind: 'resync' };

/** Carries messages between nodes, at most once each. On the embedded database there is one node, and nothing to carry. */
export interface NodeMessages {
  send(message: NodeMessage): void;
  /** Messages of other nodes. Returns the function that stops listening. */
  onMessage(listener: (message: NodeMessage, nodeId: string) => void): () => void;
  stop(): Promise<void>;
}

/** The line that messages go over: a string in, a string out at every other end. */
export interface Wire {
  send(payload: string): boolean;
  stop(): Promise<void>;
}

export interface WireListener {
  readonly onMessage: (payload: string) => void;
  readonly onReconnected: () => void;
}

interface Envelope {
  /** Sender. */
  readonly n: string;
  readonly m: readonly NodeMessage[];
}

/** Messages wait so long for others to go with them: a NOTIFY is a transaction. */
const GATHER_MS = 40;
/** What only moves a bar waits for something that people wait for: each NOTIFY costs about as much as a statement on both sides. */
const BAR_GATHER_MS = 250;

export const NO_MESSAGES: NodeMessages = { send: () => undefined, onMessage: () => () => undefined, stop: () => Promise.resolve() };

/** `maxPayloadBytes`: what the wire takes at once. A single message that is larger is left out; watchers find the state by their slower look. */
export function createNodeMessages(nodeId: string, maxPayloadBytes: number, openWire: (listener: WireListener) => Wire, onDropped: (kind: string) => void): NodeMessages {
  const listeners = new Set<(message: NodeMessage, from: string) => void>();
  let waiting: NodeMessage[] = [];
  let timer: NodeJS.Timeout | null = null;
  let dueMs = Infinity;

  const wire = openWire({
    onMessage(payload) {
      const envelope = parse(payload);
      if (envelope === null || envelope.n === nodeId) return;
      for (const message of envelope.m) for (const listener of [...listeners]) listener(message, envelope.n);
    },
    onReconnected() {
      // Both ways: we have not heard the others, and they have not heard us.
      for (const listener of [...listeners]) listener({ kind: 'resync' }, nodeId);
      send({ kind: 'resync' });
    },
  });

  function send(message: NodeMessage): void {
    const key = supersededBy(message);
    if (key !== null) waiting = waiting.filter((other) => supersededBy(other) !== key);
    waiting.push(message);
    const waitMs = isOfABar(message) ? BAR_GATHER_MS : GATHER_MS;
    if (performance.now() + waitMs >= dueMs) return;
    if (timer !== null) clearTimeout(timer);
    dueMs = performance.now() + waitMs;
    timer = setTimeout(flush, waitMs).unref();
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    dueMs = Infinity;
    const all = waiting;
    waiting = [];
    for (const batch of batches(all)) wire.send(JSON.stringify({ n: nodeId, m: batch } satisfies Envelope));
  }

  function* batches(messages: readonly NodeMessage[]): Generator<readonly NodeMessage[]> {
    const room = maxPayloadBytes - Buffer.byteLength(JSON.stringify({ n: nodeId, m: [] }));
    let batch: NodeMessage[] = [];
    let bytes = 0;
    for (const message of messages) {
      const length = Buffer.byteLength(JSON.stringify(message)) + 1;
      if (length > room) {
        onDropped(message.kind);
        continue;
      }
      if (bytes + length > room) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(message);
      bytes += length;
    }
    if (batch.length > 0) yield batch;
  }

  return {
    send,
    onMessage(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      flush();
      await wire.stop();
    },
  };
}

/** Joins the bus of this process with those of the others: what is published here is shown there, and the other way round. */
export function bridgeEvents(events: EventBus, messages: NodeMessages): () => void {
  const stops = [
    // States of models go by the rows of nodes, which hold them all together.
    events.listen((event) => { if (event.kind !== 'model.state') messages.send({ kind: 'event', event }); }),
    messages.onMessage((message, from) => {
      if (message.kind === 'event') events.relay(message.event, from);
      else if (message.kind === 'resync') events.relay({ kind: 'events.missed' }, null);
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** Messages of one key tell the state of one thing: the last says all. */
function supersededBy(message: NodeMessage): string | null {
  if (message.kind === 'wake') return `wake:${message.job}`;
  if (message.kind === 'resync' || message.kind === 'node') return message.kind;
  if (isOfABar(message)) return `progress:${message.event.analysisId}`;
  return null;
}

function isOfABar(message: NodeMessage): message is { readonly kind: 'event'; readonly event: Extract<DomainEvent, { kind: 'analysis.progress' }> } {
  return message.kind === 'event' && message.event.kind === 'analysis.progress' && message.event.status === 'RUNNING';
}

/** Null for what is no envelope: another version of Undertone may speak on the same line. */
function parse(payload: string): Envelope | null {
  try {
    const value = JSON.parse(payload) as Partial<Envelope> | null;
    return typeof value?.n === 'string' && Array.isArray(value.m) ? (value as Envelope) : null;
  } catch {
    return null;
  }
}
