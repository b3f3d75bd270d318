import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { ConfinementLevel } from './audio/decoder-confinement.js';
import { FfmpegDecoder } from './audio/ffmpeg-decoder.js';
import type { Settings } from './domain/settings.js';
import { DEFAULT_QUEUE_LIMITS, type InferenceOptions } from './inference/inference-options.js';
import { createResidentListening, type ResidentListening } from './inference/resident-listening.js';
import { createEmotionInference, type ResidentInference } from './inference/resident-inference.js';
import type { Plugins } from './plugins/registry.js';
import { temporaryFolder } from './temporary-folder.js';
import { createAnalysisPipeline } from './services/analysis-pipeline.js';
import type { AnalysisPipeline, PipelineParts } from './services/analysis-pipeline.js';

export interface Analyzer {
  readonly inference: ResidentInference;
  readonly pipeline: AnalysisPipeline;
  readonly speech: ResidentListening;
  /** Finds out how far the decoder can be shut in here. DECODER_UNCONFINED, FFMPEG_MISSING. */
  prepareDecoder(): Promise<ConfinementLevel>;
  stop(): Promise<void>;
}

/** What the platform adds to the bare analyzer of the command. */
export interface AnalyzerExtras extends Pick<PipelineParts, 'diarizer' | 'tracing'> {
  readonly plugins?: Pick<Plugins, 'beginSteps' | 'modelFolders'>;
  readonly onBatch?: InferenceOptions['onBatch'];
}

/** Folders of models: the package's own, then those that were pulled or imported into the data folder. */
export function modelFolders(settings: Pick<Settings, 'dataDir'>): readonly string[] {
  return [join(packageFolder(), 'models'), join(settings.dataDir, 'models')];
}

/** The folder of package.json, from `dist/src/` and from `src/` alike. */
export function packageFolder(): string {
  const here = fileURLToPath(new URL('.', import.meta.url));
  return here.includes(join('dist', 'src')) ? join(here, '..', '..') : join(here, '..');
}

/**
 * Decoder, voice activity, model hosts and the pipeline over them. Needs no database; starts no process yet.
 * Temporary samples lie in a folder named after this process, so that a later start can tell whose they were.
 */
export function composeAnalyzer(settings: Settings, log: Logger, extra: AnalyzerExtras = {}): Analyzer {
  const inference = createEmotionInference({
    modelDirs: [...modelFolders(settings), ...(extra.plugins?.modelFolders ?? [])],
    ...(settings.defaultModel === null ? {} : { defaultModelId: settings.defaultModel }),
    run: { provider: settings.provider, hostCount: settings.modelHosts, threadsPerHost: settings.modelThreads, interactiveThreads: settings.interactiveThreads, idleUnloadMs: settings.modelIdleMs, queue: { ...DEFAULT_QUEUE_LIMITS, maxItems: settings.maxQueueLength } },
    hostEnvironment: settings.hostEnvironment,
    onNotice: (notice, details) => log.warn(details, notice),
    ...(extra.onBatch === undefined ? {} : { onBatch: extra.onBatch }),
  });
  const listener = createResidentListening({ modelDirs: modelFolders(settings), idleUnloadMs: settings.modelIdleMs, hostEnvironment: settings.hostEnvironment });
  const decoder = new FfmpegDecoder({ confinement: settings.decoderConfinement, limits: { minSampleRateHz: settings.minSampleRateHz, maxSampleRateHz: settings.maxSampleRateHz, maxChannels: settings.maxAudioChannels } });
  const pipeline = createAnalysisPipeline({
    decoder,
    listener,
    inference,
    tempDir: temporaryFolder(settings.dataDir),
    maxAudioSeconds: settings.maxAudioSeconds,
    maxRawSeconds: settings.maxRawSeconds,
    decodeTimeoutMs: settings.decodeTimeoutMs,
    abstainBelow: settings.abstainBelow,
    ...(extra.plugins === undefined ? {} : { beginSteps: () => extra.plugins!.beginSteps() }),
    ...(extra.tracing === undefined ? {} : { tracing: extra.tracing }),
    ...(extra.diarizer === undefined ? {} : { diarizer: extra.diarizer }),
  });
  return {
    inference,
    pipeline,
    speech: listener,
    prepareDecoder: () => decoder.prepare(temporaryFolder(settings.dataDir)),
    async stop() {
      await Promise.all([inference.stop(), listener.stop()]);
      await rm(temporaryFolder(settings.dataDir), { recursive: true, force: true });
    },
  };
}
