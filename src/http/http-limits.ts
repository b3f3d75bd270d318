import type { TurnLimits } from './turns.js';

/**
 * Limits of the edge. They are the same over HTTP and WebSocket; each was chosen well above what the dashboard and the
 * documented queries need, and each has a test with the attack that it stops.
 */
export interface HttpLimits extends TurnLimits {
  /** Nesting of fields; introspection is limited by GraphQL's own rule instead. */
  readonly queryDepth: number;
  readonly queryAliases: number;
  readonly queryRootFields: number;
  readonly queryTokens: number;
  /** Fields that would be resolved, each multiplied by the `first` of the lists around it. */
  readonly queryCost: number;
  /** Body of a GraphQL request without files. */
  readonly queryBytes: number;
  readonly operationsPerSocket: number;
  readonly sockets: number;
  readonly socketsPerKey: number;
  readonly socketsPerWorkspace: number;
  /** Of one address, that have not yet said whose they are. */
  readonly socketsWaitingPerAddress: number;
  readonly socketMessageBytes: number;
  readonly socketMessagesPerSecond: number;
  readonly socketInitTimeoutMs: number;
  /** A socket that has not answered a ping by the next one is ended: its peer is gone, or reads nothing. */
  readonly socketPingMs: number;
  /** How often the key of an open socket is checked again, so that a revoked one loses its subscriptions. */
  readonly socketRecheckMs: number;
  /** Time before the minimum rate of a body counts. */
  readonly bodyGraceMs: number;
  /** Of a refused body, so much is still read (then the connection is closed): a client that is in mid-sending sees the answer. */
  readonly drainBytes: number;
  readonly drainMs: number;
  readonly headersTimeoutMs: number;
  /** A client that takes nothing of an answer that lies ready is cut after so long. */
  readonly readTimeoutMs: number;
  readonly signedPathSeconds: number;
  readonly readinessTimeoutMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  queryDepth: 14,
  queryAliases: 30,
  queryRootFields: 20,
  queryTokens: 2000,
  queryCost: 50_000,
  queryBytes: 256 * 1024,
  operationsPerSocket: 20,
  sockets: 1000,
  socketsPerKey: 100,
  socketsPerWorkspace: 500,
  socketsWaitingPerAddress: 50,
  socketMessageBytes: 64 * 1024,
  socketMessagesPerSecond: 50,
  socketInitTimeoutMs: 3000,
  socketPingMs: 12_000,
  socketRecheckMs: 30_000,
  bodyGraceMs: 5000,
  drainBytes: 4 * 1024 * 1024,
  drainMs: 3000,
  headersTimeoutMs: 10_000,
  readTimeoutMs: 60_000,
  signedPathSeconds: 3600,
  readinessTimeoutMs: 2000,
  turnsPerCaller: 1,
  aloneAfterMs: 2000,
  turnsAtOnce: 8,
  turnMs: 250,
  waitingPerCaller: 500,
};

const SHOWN = [
  ['queryDepth', 'levels'], ['queryAliases', 'aliases'], ['queryRootFields', 'fields'], ['queryTokens', 'tokens'], ['queryCost', 'fields'], ['queryBytes', 'bytes'], ['operationsPerSocket', 'operations'],
  ['socketMessageBytes', 'bytes'], ['socketMessagesPerSecond', 'messages/s'], ['signedPathSeconds', 'seconds'],
] as const;

/** For `capabilities.limits`. */
export function shownLimits(limits: HttpLimits): { name: string; value: number; unit: string }[] {
  return SHOWN.map(([name, unit]) => ({ name, value: limits[name], unit }));
}
