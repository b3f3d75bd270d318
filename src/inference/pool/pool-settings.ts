import type { Provider } from '../../domain/model.js';
import type { HostRun } from '../emotion-inference.js';
import type { HostLoad, SessionSettings } from '../host-protocol.js';
import type { HostLaunch } from './host-process.js';
import type { BatchLimits, QueueLimits } from './request-queue.js';

/** One model's hosts and the queue before them, with everything decided. */
export interface PoolSettings {
  /** For messages: `model "starter"`. */
  readonly name: string;
  /** Without the interactive one. */
  readonly hostCount: number;
  readonly launch: HostLaunch;
  readonly provider: SessionSettings['provider'];
  readonly load: (provider: SessionSettings['provider']) => HostLoad;
  /** How the host is loaded that only interactive work gets; null: there is none, and the hosts do both. */
  readonly loadInteractive: ((provider: SessionSettings['provider']) => HostLoad) | null;
  readonly beforeLoad: () => Promise<void>;
  readonly loadTimeoutMs: number;
  readonly idleMs: number;
  readonly backOffFirstMs: number;
  readonly backOffMaxMs: number;
  readonly queue: QueueLimits;
  readonly batch: (provider: Provider) => BatchLimits;
  /** Told of every run that came to an answer. */
  readonly onBatch?: (windowCount: number, seconds: number) => void;
}

export interface SubmitOptions {
  readonly priority: 'interactive' | 'bulk';
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRun?: ((run: HostRun) => void) | undefined;
}
