import { isDeepStrictEqual } from 'node:util';
import { UndertoneError } from '../domain/errors.js';
import type { ModelManifest, ModelState, ModelStatus, WindowInference } from '../domain/model.js';
import type { EmotionInference, InferOptions } from './emotion-inference.js';
import type { EmotionPool } from './emotion-pool.js';
import { createEmotionPool } from './emotion-pool.js';
import type { InferenceOptions } from './inference-options.js';
import type { InstalledModel } from './model-registry.js';
import { scanModels } from './model-registry.js';

/** The inference service, with what the house needs beyond the callers' contract. */
export interface ResidentInference extends EmotionInference {
  /** Model folders that cannot be used, each with what differs (MODEL_INVALID). */
  readonly problems: readonly UndertoneError[];
  /** Reads the model folders again. A model whose files changed is drained and loaded afresh on its next request. */
  rescan(): void;
  installed(modelId: string): InstalledModel;
}

/** Scans the folders; starts no process before the first request or `load`. Throws CONFIG_INVALID when the default model is not installed. */
export function createEmotionInference(options: InferenceOptions): ResidentInference {
  return new PooledInference(options);
}

class PooledInference implements ResidentInference {
  readonly #pools = new Map<string, { readonly model: InstalledModel; readonly pool: EmotionPool }>();
  readonly #retired = new Set<EmotionPool>();
  readonly #listeners = new Set<(modelId: string, state: ModelState) => void>();
  readonly #lastStates = new Map<string, ModelState>();
  #models!: ReadonlyMap<string, InstalledModel>;
  #unusable: ReadonlyMap<string, UndertoneError> = new Map();
  problems: readonly UndertoneError[] = [];

  constructor(private readonly options: InferenceOptions) {
    this.rescan();
    if (options.defaultModelId !== undefined && !this.#models.has(options.defaultModelId)) {
      throw new UndertoneError('CONFIG_INVALID', `The default model is not installed. ${this.#installedSentence()}`);
    }
  }

  get defaultModelId(): string {
    if (this.options.defaultModelId !== undefined) return this.options.defaultModelId;
    return this.#models.has('starter') ? 'starter' : ([...this.#models.keys()][0] ?? 'starter');
  }

  rescan(): void {
    const { models, unusable } = scanModels(this.options.modelDirs);
    this.#models = new Map(models.map((model) => [model.manifest.id, model]));
    this.problems = unusable.map(({ problem }) => problem);
    this.#unusable = new Map(unusable.map(({ id, problem }) => [id, problem]));
    for (const [id, { model, pool }] of this.#pools) {
      if (isDeepStrictEqual(this.#models.get(id), model)) continue;
      this.#pools.delete(id);
      this.#retired.add(pool);
      void pool.unload().then(() => this.#retired.delete(pool));
    }
  }

  manifests(): readonly ModelManifest[] {
    return [...this.#models.values()].map(({ manifest }) => manifest);
  }

  manifest(modelId: string): ModelManifest {
    return this.installed(modelId).manifest;
  }

  installed(modelId: string): InstalledModel {
    const known = this.#models.get(modelId);
    if (known !== undefined) return known;
    // It may have been installed beside this process.
    this.rescan();
    const model = this.#models.get(modelId);
    if (model !== undefined) return model;
    // It is there, and what is wrong with it helps more than the ids of others.
    const problem = this.#unusable.get(modelId);
    if (problem !== undefined) throw problem;
    throw new UndertoneError('MODEL_UNKNOWN', `No model "${modelId.slice(0, 64)}" is installed. ${this.#installedSentence()}`, { installed: [...this.#models.keys()] });
  }

  async infer(samples: Float32Array, options: InferOptions): Promise<WindowInference> {
    const { minSamples, sampleRateHz } = this.manifest(options.modelId);
    if (samples.length < minSamples) {
      const message = `The clip has ${samples.length} samples; model "${options.modelId}" needs at least ${minSamples} (${(minSamples / sampleRateHz).toFixed(3)} s).`;
      throw new UndertoneError('AUDIO_TOO_SHORT', message, { sampleCount: samples.length, minSamples });
    }
    const item = { samples, wantFrameFeatures: options.wantFrameFeatures ?? false };
    return await this.#pool(options.modelId).submit(item, samples.length, options);
  }

  status(modelId: string): ModelStatus {
    const { manifest } = this.installed(modelId);
    const pool = this.#pools.get(modelId)?.pool;
    return {
      manifest,
      state: pool?.state ?? { kind: 'unloaded', reason: 'never-loaded' },
      provider: pool?.provider.provider ?? 'cpu',
      providerFallback: pool?.provider.providerFallback ?? null,
      memoryBytes: pool?.memoryBytes ?? null,
      queueLength: pool?.queueLength ?? 0,
      isDefault: modelId === this.defaultModelId,
    };
  }

  async load(modelId: string): Promise<ModelStatus> {
    // What is installed now, when it was replaced since it was listed.
    this.rescan();
    await this.#pool(modelId).load();
    return this.status(modelId);
  }

  async unload(modelId: string): Promise<ModelStatus> {
    this.installed(modelId);
    await this.#pools.get(modelId)?.pool.unload();
    return this.status(modelId);
  }

  onStateChanged(listener: (modelId: string, state: ModelState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    await Promise.all([...[...this.#pools.values()].map(({ pool }) => pool), ...this.#retired].map((pool) => pool.stop()));
  }

  #pool(modelId: string): EmotionPool {
    const model = this.installed(modelId);
    const known = this.#pools.get(modelId);
    if (known !== undefined) return known.pool;
    const pool: EmotionPool = createEmotionPool(model, this.options, () => this.#announce(modelId, pool));
    this.#pools.set(modelId, { model, pool });
    return pool;
  }

  #announce(modelId: string, pool: EmotionPool): void {
    // A retired pool's end says nothing of the model that has taken its place.
    if (this.#pools.get(modelId)?.pool !== pool) return;
    const { state } = pool;
    const before = this.#lastStates.get(modelId);
    if (isDeepStrictEqual(before, state)) return;
    this.#lastStates.set(modelId, state);
    this.#notice(modelId, pool, before, state);
    for (const listener of this.#listeners) {
      try {
        listener(modelId, state);
      } catch (error) {
        // A listener can neither veto nor break what it is told of.
        this.options.onNotice?.('A listener to model states failed.', { modelId, reason: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  #notice(modelId: string, pool: EmotionPool, before: ModelState | undefined, state: ModelState): void {
    const { providerFallback, provider } = pool.provider;
    if (state.kind === 'failed') this.options.onNotice?.('A model host failed.', { modelId, reason: state.message });
    if (state.kind === 'ready' && before?.kind === 'loading' && providerFallback !== null) {
      this.options.onNotice?.('A model runs on another provider than the one that was wanted.', { modelId, provider, reason: providerFallback });
    }
  }

  #installedSentence(): string {
    const ids = [...this.#models.keys()];
    return ids.length > 0 ? `Installed: ${ids.join(', ')}.` : 'No model is installed: run `undertone models list`.';
  }
}
