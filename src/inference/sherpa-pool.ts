import { SAMPLE_RATE_HZ } from '../domain/pcm.js';
import { hostEntryFile, type HostEntry } from './host-entry.js';
import type { HostLoad } from './host-protocol.js';
import { hostEnvironment } from './inference-options.js';
import { HostPool } from './pool/host-pool.js';

export interface SherpaPoolOptions {
  readonly threadCount: number;
  readonly idleUnloadMs: number;
  readonly hostEnvironment?: Readonly<Record<string, string>>;
}

/** One process with one model of sherpa-onnx, which takes one request at a time: the others wait in line. */
export function sherpaPool<Item, Answer>({ name, entry, load, beforeLoad, idleUnloadMs, hostEnvironment: environment }: SherpaPoolOptions & { readonly name: string; readonly entry: HostEntry; readonly load: HostLoad; readonly beforeLoad: () => Promise<void> }): HostPool<Item, Answer> {
  return new HostPool({
    name,
    hostCount: 1,
    launch: { entry: hostEntryFile(entry), environment: hostEnvironment(environment) },
    provider: 'cpu',
    load: () => load,
    loadInteractive: null,
    beforeLoad,
    loadTimeoutMs: 60_000,
    idleMs: idleUnloadMs,
    backOffFirstMs: 200,
    backOffMaxMs: 30_000,
    queue: { maxItems: 256, maxSamples: SAMPLE_RATE_HZ * 3600 * 1000, bulkAgeingMs: Infinity, bulkTurn: 1, bulkShare: 1 },
    batch: () => ({ maxItems: 1, maxSamples: Infinity, maxPadding: 0 }),
  }, () => undefined);
}
