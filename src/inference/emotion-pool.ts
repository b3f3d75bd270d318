import { join } from 'node:path';
import type { Provider, WindowInference } from '../domain/model.js';
import { hostEntryFile } from './host-entry.js';
import type { EmotionItem } from './host-protocol.js';
import type { InferenceOptions, ModelRunOptions } from './inference-options.js';
import { hostEnvironment, runOptions } from './inference-options.js';
import { assertSameManifest, verifyModel } from './model-digest.js';
import type { InstalledModel } from './model-registry.js';
import { HostPool } from './pool/host-pool.js';

export type EmotionPool = HostPool<EmotionItem, WindowInference>;

type RunProvider = ModelRunOptions['provider'];

/** A tenth of the processor while interactive work wants it, all of it otherwise. */
const BULK_NICENESS = 10;
const SMALL_MODEL_BYTES = 32 * 2 ** 20;

/** The hosts of one installed model, as its manifest and the settings ask. Starts no process. */
export function createEmotionPool(model: InstalledModel, options: InferenceOptions, onChanged: () => void): EmotionPool {
  const { manifest, folder } = model;
  const run = runOptions(options, manifest.id);
  // A small model gains little, and rounds differently with the number of its threads; large ones were found not to.
  const interactiveThreads = manifest.sizeBytes < SMALL_MODEL_BYTES ? Math.min(1, run.interactiveThreads) : run.interactiveThreads;
  const load = (provider: RunProvider, threadCount: number, niceness: number) => ({
    kind: 'emotion' as const,
    file: join(folder, manifest.file),
    contract: manifest,
    niceness,
    maxBatchSamples: run.acceleratorBatch.maxSamples,
    session: {
      provider,
      threadCount,
      graphOptimization: manifest.session?.graphOptimization ?? ('all' as const),
      disablePrepacking: manifest.session?.disablePrepacking ?? false,
    },
  });
  const settings = {
    ...run,
    name: `Model "${manifest.id}"`,
    launch: { entry: hostEntryFile(), environment: hostEnvironment(options.hostEnvironment) },
    idleMs: run.idleUnloadMs,
    onBatch: (windowCount: number, seconds: number) => options.onBatch?.(manifest.id, windowCount, seconds),
    beforeLoad: async () => {
      // The folder may have been replaced since it was listed; results must never carry another model's digest.
      await assertSameManifest(model);
      if (manifest.sizeBytes <= run.verifyUpToBytes) await verifyModel(model);
    },
    // Where there is a host for interactive work, bulk work gives way to it.
    load: (provider: RunProvider) => load(provider, run.threadsPerHost, run.interactiveThreads > 0 ? BULK_NICENESS : 0),
    loadInteractive: run.interactiveThreads === 0 ? null : (provider: RunProvider) => load(provider, interactiveThreads, 0),
    batch: (provider: Provider) => {
      const limits = provider === 'cpu' ? run.cpuBatch : run.acceleratorBatch;
      return { ...limits, maxItems: Math.min(limits.maxItems, manifest.session?.maxBatchItems ?? Infinity) };
    },
  };
  return new HostPool<EmotionItem, WindowInference>(settings, onChanged);
}
