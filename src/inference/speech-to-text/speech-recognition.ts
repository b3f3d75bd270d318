import { join } from 'node:path';
import { UndertoneError } from '../../domain/errors.js';
import { SAMPLE_RATE_HZ, type PcmSource } from '../../domain/pcm.js';
import { languageTag } from '../../domain/transcript-json.js';
import type { SpokenWord } from '../../domain/transcript.js';
import type { TranscriptionAnswer, TranscriptionItem } from '../host-protocol.js';
import { installedParts, verifyParts, type InstalledParts } from '../model-parts.js';
import type { HostPool } from '../pool/host-pool.js';
import { sherpaPool, type SherpaPoolOptions } from '../sherpa-pool.js';
import { digestOfSpeech, FILES_OF_ENGINE, SPEECH, type SpeechManifest } from './speech-manifest.js';

export interface SpeechRecognitionOptions extends SherpaPoolOptions {
  /** `<data folder>/speech`. */
  readonly directory: string;
  /** Null: the first by id. */
  readonly modelId: string | null;
  /** Of one piece of at most 28 s. */
  readonly timeoutMs: number;
}

export interface RecognizedSpeech {
  readonly language: string | null;
  readonly words: readonly SpokenWord[];
  readonly engineDigest: string;
}

/** Whisper hears 30 s at once, and the others were made for as much. */
const PIECE_SAMPLES = 28 * SAMPLE_RATE_HZ;
/** Less is no word; some models fail on nothing. */
const MIN_SAMPLES = SAMPLE_RATE_HZ / 10;

/**
 * Speech written down in a process of its own, started by the first segment and ended when idle. Which model it is is looked
 * up each time, so that one that was pulled works without a restart.
 */
export class SpeechRecognition {
  #pool: { readonly key: string; readonly pool: HostPool<TranscriptionItem, TranscriptionAnswer> } | null = null;

  constructor(private readonly options: SpeechRecognitionOptions) {}

  /** Null when a model is there; otherwise what to do. */
  unavailable(): string | null {
    const { modelId } = this.options;
    return this.#chosen() === null ? `No speech model ${modelId === null ? '' : `"${modelId}" `}is installed; \`undertone models pull sense-voice\` (or paraformer-zh, whisper-tiny, whisper-base, whisper-small) gets one.` : null;
  }

  /** Errors: MODEL_UNKNOWN and those of a host (MODEL_LOAD_FAILED, INFERENCE_TIMEOUT, INFERENCE_CRASHED …). */
  async recognize(pcm: PcmSource, language: string | null, signal: AbortSignal): Promise<RecognizedSpeech> {
    const chosen = this.#chosen();
    if (chosen === null) throw new UndertoneError('MODEL_UNKNOWN', this.unavailable() ?? '');
    const words: SpokenWord[] = [];
    let heard: string | null = null;
    for (let from = 0; from < pcm.sampleCount; from += PIECE_SAMPLES) {
      signal.throwIfAborted();
      const samples = await pcm.read(from, Math.min(pcm.sampleCount, from + PIECE_SAMPLES));
      if (samples.length < MIN_SAMPLES) continue;
      const answer = await this.#poolOf(chosen).submit({ samples, language: language?.toLowerCase().split('-')[0] ?? '' }, samples.length, { priority: 'bulk', deadlineMs: this.options.timeoutMs, signal });
      heard ??= languageTag(answer.language);
      const offset = from / SAMPLE_RATE_HZ;
      words.push(...answer.text.map((text, i) => ({ text, startSeconds: offset + answer.startSeconds[i]!, endSeconds: offset + answer.endSeconds[i]!, confidence: null })));
    }
    const { languages } = chosen.manifest;
    return { language: heard ?? language ?? (languages.length === 1 ? languages[0]! : null), words, engineDigest: digestOfSpeech(chosen.manifest) };
  }

  async stop(): Promise<void> {
    await this.#pool?.pool.stop();
  }

  #chosen(): InstalledParts<SpeechManifest> | null {
    const installed = installedParts(SPEECH, this.options.directory);
    return (this.options.modelId === null ? installed[0] : installed.find(({ manifest }) => manifest.id === this.options.modelId)) ?? null;
  }

  #poolOf(installed: InstalledParts<SpeechManifest>): HostPool<TranscriptionItem, TranscriptionAnswer> {
    const key = JSON.stringify([installed.folder, digestOfSpeech(installed.manifest)]);
    if (this.#pool?.key !== key) {
      // Another model took its place: the old host ends, and what it still had fails with SHUTTING_DOWN.
      void this.#pool?.pool.stop();
      this.#pool = { key, pool: speechPool(installed, this.options, () => verifyParts(SPEECH, installed)) };
    }
    return this.#pool.pool;
  }
}

function speechPool({ folder, manifest }: InstalledParts<SpeechManifest>, options: SherpaPoolOptions, beforeLoad: () => Promise<void>): HostPool<TranscriptionItem, TranscriptionAnswer> {
  const files = Object.fromEntries(FILES_OF_ENGINE[manifest.engine].map((role) => [role, join(folder, manifest.files[role]!.file)]));
  return sherpaPool({ ...options, name: `The speech model "${manifest.id}"`, entry: 'transcription-host', beforeLoad, load: { kind: 'transcription', engine: manifest.engine, files, threadCount: options.threadCount } });
}

/** Loads a model once in a process of its own and gives it half a second of silence. MODEL_INVALID when it does not fit; native code ends its process then. */
export async function trySpeech(installed: InstalledParts<SpeechManifest>): Promise<void> {
  const pool = speechPool(installed, { threadCount: 1, idleUnloadMs: Infinity }, () => Promise.resolve());
  try {
    await pool.load();
    await pool.submit({ samples: new Float32Array(SAMPLE_RATE_HZ / 2), language: '' }, SAMPLE_RATE_HZ / 2, { priority: 'bulk', deadlineMs: 60_000 });
  } catch (error) {
    throw new UndertoneError('MODEL_INVALID', `sherpa-onnx cannot use these files as ${installed.manifest.engine}: ${(error instanceof Error ? error.message : String(error)).replaceAll(installed.folder, '…')} Give a model in the form that its releases have.`, {}, { cause: error });
  } finally {
    await pool.stop();
  }
}
