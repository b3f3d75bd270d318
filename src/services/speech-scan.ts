import type { PcmSource } from '../domain/pcm.js';
import type { Priority } from '../domain/priority.js';
import { SPEECH_HOP_SAMPLES, type SpeechProbability, type VadState } from '../inference/emotion-inference.js';

/** Samples taken at once: about 8 s, half a MB. Memory stays flat whatever the length, and a short clip waits 50 ms for the piece of a long recording before it. */
const PIECE_SAMPLES = SPEECH_HOP_SAMPLES * 256;

export interface ScanOptions {
  readonly priority: Priority;
  readonly signal: AbortSignal;
  /** Share of the recording that has been scanned, 0 to 1. */
  readonly onProgress: (fraction: number) => void;
}

/**
 * Reads a recording once, piece by piece: `visit` sees each piece while the speech detector works on it in its own
 * process. Gives one speech probability for every 32 ms; none (an empty array) without a detector.
 */
export async function scanSamples(pcm: PcmSource, speech: SpeechProbability | null, visit: (samples: Float32Array) => Promise<void>, options: ScanOptions): Promise<Float32Array> {
  const all = new Float32Array(speech === null ? 0 : Math.ceil(pcm.sampleCount / SPEECH_HOP_SAMPLES));
  let state: VadState | null = null;
  let position = 0;
  async function detect(detector: SpeechProbability, samples: Float32Array, before: VadState | null): Promise<VadState> {
    const piece = await detector.probabilities(samples, before, options.signal, options.priority);
    all.set(piece.probabilities, position / SPEECH_HOP_SAMPLES);
    return piece.state;
  }
  for (let from = 0; from < pcm.sampleCount; from += PIECE_SAMPLES) {
    options.signal.throwIfAborted();
    const samples = await pcm.read(from, Math.min(pcm.sampleCount, from + PIECE_SAMPLES));
    position = from;
    // At the same time: the detector has a process of its own.
    const detecting: Promise<VadState | null> = speech === null ? Promise.resolve(null) : detect(speech, samples, state);
    await Promise.all([detecting, visit(samples)]);
    state = await detecting;
    options.onProgress(Math.min(1, (from + PIECE_SAMPLES) / pcm.sampleCount));
  }
  return all;
}

/** True when two recordings of equal length differ nowhere by more than −80 dBFS: one voice on both channels. */
export async function soundTheSame(a: PcmSource, b: PcmSource): Promise<boolean> {
  if (a.sampleCount !== b.sampleCount) return false;
  for (let from = 0; from < a.sampleCount; from += PIECE_SAMPLES) {
    const to = Math.min(a.sampleCount, from + PIECE_SAMPLES);
    const [left, right] = await Promise.all([a.read(from, to), b.read(from, to)]);
    if (left.some((sample, i) => Math.abs(sample - right[i]!) > 1e-4)) return false;
  }
  return true;
}
