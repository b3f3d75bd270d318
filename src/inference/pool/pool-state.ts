import type { ModelState, Provider } from '../../domain/model.js';
import type { SlotLife } from './host-slot.js';

type Of<Kind extends SlotLife['kind']> = Extract<SlotLife, { kind: Kind }>;

/** One state for all hosts of a model: the liveliest of them speaks. */
export function poolState(lives: readonly SlotLife[], draining: boolean): ModelState {
  const find = <Kind extends SlotLife['kind']>(kind: Kind): Of<Kind> | undefined => lives.find((life): life is Of<Kind> => life.kind === kind);
  const busy = find('busy');
  const ready = find('ready');
  const alive = busy ?? ready ?? find('draining');
  if (draining && alive !== undefined) return { kind: 'draining', pid: alive.process.pid };
  if (busy !== undefined) {
    const runningCount = lives.reduce((sum, life) => sum + (life.kind === 'busy' ? life.runningCount : 0), 0);
    return { kind: 'busy', loadMs: busy.loadMs, pid: busy.process.pid, runningCount };
  }
  if (ready !== undefined) return { kind: 'ready', loadMs: ready.loadMs, pid: ready.process.pid };
  const loading = find('loading');
  if (loading !== undefined) return { kind: 'loading', sinceMs: loading.sinceMs };
  const failed = find('failed');
  if (failed !== undefined) return { kind: 'failed', message: failed.message, retryAtMs: failed.retryAtMs };
  if (alive !== undefined) return { kind: 'draining', pid: alive.process.pid };
  const unloaded = lives.find((life) => life.kind === 'unloaded' && life.reason !== 'never-loaded') ?? find('unloaded');
  return { kind: 'unloaded', reason: unloaded?.kind === 'unloaded' ? unloaded.reason : 'never-loaded' };
}

export interface PoolProvider {
  readonly provider: Provider;
  readonly providerFallback: string | null;
}

/** Where the model runs; the CPU while nothing is loaded. */
export function poolProvider(lives: readonly SlotLife[]): PoolProvider {
  for (const life of lives) if (life.kind === 'ready' || life.kind === 'busy') return life.ready;
  return { provider: 'cpu', providerFallback: null };
}

/** Resident memory of all hosts as of their last answers; null while there is none. */
export function poolMemoryBytes(slots: readonly { readonly memoryBytes: number | null }[]): number | null {
  const known = slots.flatMap((slot) => slot.memoryBytes ?? []);
  return known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0);
}
