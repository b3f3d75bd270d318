import { join } from 'node:path';
import type { Provider, WindowInference } from '../domain/model.js';
import { hostEntryFile } from './host-entry.js';
import type { EmotionItem } from './host-protocol.js';
import type { InferenceOptions } from './inference-options.js';
import { hostEnvironment, runOptions } from './inference-options.js';
import { assertSameManifest, verifyModel } from './model-digest.js';
import type { InstalledModel } from './model-registry.js';
import { HostPool } from './pool/host-pool.js';

export type EmotionPool = HostPool<EmotionItem, WindowInference>;

/** The hosts of one installed model, as its manifest and the settings ask. Starts no process. */
export function createEmotionPool(model: InstalledModel, options: InferenceOptions, onChanged: () => void): EmotionPool {
  const { manifest, folder } = model;
  const run = runOptions(options, manifest.id);
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
    load: (provider: typeof run.provider) => ({
      kind: 'emotion' as const,
      file: join(folder, manifest.file),
      contract: manifest,
      session: {
        provider,
        threadCount: run.threadsPerHost,
        graphOptimization: manifest.session?.graphOptimization ?? ('all' as const),
        disablePrepacking: manifest.session?.disablePrepacking ?? false,
      },
    }),
    batch: (provider: Provider) => {
      const limits = provider === 'cpu' ? run.cpuBatch : run.acceleratorBatch;
      return { ...limits, maxItems: Math.min(limits.maxItems, manifest.session?.maxBatchItems ?? Infinity) };
    },
  };
  return new HostPool<EmotionItem, WindowInference>(settings, onChanged);
}
