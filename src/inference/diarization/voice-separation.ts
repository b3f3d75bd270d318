import { randomUUID } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isUndertoneError, UndertoneError } from '../../domain/errors.js';
import { samplesToSeconds, type PcmSource } from '../../domain/pcm.js';
import type { SpokenStretch } from '../../domain/speaker-turns.js';
import type { DiarizationAnswer, DiarizationItem } from '../host-protocol.js';
import type { HostPool } from '../pool/host-pool.js';
import { sherpaPool, type SherpaPoolOptions } from '../sherpa-pool.js';
import { installedDiarizations, verifyDiarization, type InstalledDiarization } from './diarization-models.js';

export interface VoiceSeparationOptions extends SherpaPoolOptions {
  /** `<data folder>/diarization`. */
  readonly directory: string;
  /** Null: the first by id. */
  readonly modelId: string | null;
  /** Where samples lie while the host works on them. */
  readonly tempDir: string;
  /** Longest wait for a recording of so many seconds. Default: a minute and twice its length. */
  readonly deadlineMs?: (seconds: number) => number;
}

const defaultDeadlineMs = (seconds: number): number => 60_000 + 2000 * seconds;

/** Samples written at once: 4 MB. */
const PIECE_SAMPLES = 1 << 20;

/**
 * Voices told apart in a process of its own, started by the first recording and ended when idle. Which model it is is
 * looked up each time, so that one that was pulled works without a restart.
 */
export class VoiceSeparation {
  #pool: { readonly key: string; readonly pool: HostPool<DiarizationItem, DiarizationAnswer> } | null = null;

  constructor(private readonly options: VoiceSeparationOptions) {}

  /** Null when a model is there; otherwise what to do. */
  unavailable(): string | null {
    return this.#chosen() === null ? `No diarization model ${this.options.modelId === null ? '' : `"${this.options.modelId}" `}is installed; \`undertone models pull diarization-en\` (or diarization-zh-en) gets one` : null;
  }

  /** Speakers are named by their number, from 0. Errors: MODEL_UNKNOWN and those of a host (MODEL_LOAD_FAILED, INFERENCE_TIMEOUT, INFERENCE_CRASHED …). */
  async separate(pcm: PcmSource, { speakerCount, signal }: { readonly speakerCount: number | null; readonly signal: AbortSignal }): Promise<SpokenStretch[]> {
    const chosen = this.#chosen();
    if (chosen === null) throw new UndertoneError('MODEL_UNKNOWN', `${this.unavailable() ?? ''}.`);
    const samplesFile = join(this.options.tempDir, `voices-${randomUUID()}.f32`);
    try {
      await this.#write(pcm, samplesFile, signal);
      const deadlineMs = (this.options.deadlineMs ?? defaultDeadlineMs)(samplesToSeconds(pcm.sampleCount));
      const item = { samplesFile, speakerCount, clusterThreshold: chosen.manifest.clusterThreshold };
      const { startSeconds, endSeconds, speaker } = await this.#poolOf(chosen).submit(item, pcm.sampleCount, { priority: 'bulk', deadlineMs, signal });
      return speaker.map((number, i) => ({ speaker: String(number), startSeconds: startSeconds[i]!, endSeconds: endSeconds[i]! }));
    } finally {
      await rm(samplesFile, { force: true });
    }
  }

  async stop(): Promise<void> {
    await this.#pool?.pool.stop();
  }

  #chosen(): InstalledDiarization | null {
    const installed = installedDiarizations(this.options.directory);
    return (this.options.modelId === null ? installed[0] : installed.find(({ manifest }) => manifest.id === this.options.modelId)) ?? null;
  }

  #poolOf(installed: InstalledDiarization): HostPool<DiarizationItem, DiarizationAnswer> {
    const key = JSON.stringify([installed.folder, installed.manifest.segmentation.sha256, installed.manifest.embedding.sha256]);
    if (this.#pool?.key !== key) {
      // Another model took its place: the old host ends, and what it still had fails with SHUTTING_DOWN.
      void this.#pool?.pool.stop();
      this.#pool = { key, pool: diarizationPool(installed, this.options, () => verifyDiarization(installed)) };
    }
    return this.#pool.pool;
  }

  async #write(pcm: PcmSource, path: string, signal: AbortSignal): Promise<void> {
    await mkdir(this.options.tempDir, { recursive: true, mode: 0o700 });
    const file = await open(path, 'wx', 0o600);
    try {
      for (let from = 0; from < pcm.sampleCount; from += PIECE_SAMPLES) {
        signal.throwIfAborted();
        const samples = await pcm.read(from, Math.min(pcm.sampleCount, from + PIECE_SAMPLES));
        await file.appendFile(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
      }
    } catch (error) {
      if (!isUndertoneError(error) && (error as NodeJS.ErrnoException).code === 'ENOSPC') throw new UndertoneError('STORAGE_FULL', 'The disk filled up while the samples were laid out for the diarizer.', {}, { cause: error });
      throw error;
    } finally {
      await file.close();
    }
  }
}

function diarizationPool({ folder, manifest }: InstalledDiarization, options: SherpaPoolOptions, beforeLoad: () => Promise<void>): HostPool<DiarizationItem, DiarizationAnswer> {
  return sherpaPool({
    ...options, name: `The diarization model "${manifest.id}"`, entry: 'diarization-host', beforeLoad,
    load: { kind: 'diarization', segmentationFile: join(folder, manifest.segmentation.file), embeddingFile: join(folder, manifest.embedding.file), threadCount: options.threadCount },
  });
}

/** Loads a pair once in a process of its own. MODEL_INVALID when it does not fit; native code ends its process then. */
export async function tryDiarization(installed: InstalledDiarization): Promise<void> {
  const pool = diarizationPool(installed, { threadCount: 1, idleUnloadMs: Infinity }, () => Promise.resolve());
  try {
    await pool.load();
  } catch (error) {
    throw new UndertoneError('MODEL_INVALID', `sherpa-onnx cannot load these two models: ${(error instanceof Error ? error.message : String(error)).replaceAll(installed.folder, '…')} Give a pyannote segmentation model and a speaker embedding model in the form that its releases have.`, {}, { cause: error });
  } finally {
    await pool.stop();
  }
}
