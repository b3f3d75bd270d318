import type { PcmSource } from '../domain/pcm.js';
import type { SpeechProbability, VadState } from '../inference/emotion-inference.js';

/** Samples of one probability. */
export const SPEECH_HOP_SAMPLES = 512;
/** Samples sent at once: about 33 s, 2 MB; memory stays flat whatever the length. */
const PIECE_SAMPLES = SPEECH_HOP_SAMPLES * 1024;

export interface SpeechScanOptions {
  readonly signal: AbortSignal;
  /** Share of the recording that has been scanned, 0 to 1. */
  readonly onProgress: (fraction: number) => void;
}

/** One speech probability for every 32 ms of a recording, piece by piece, the recurrent state handed on. */
export async function scanSpeech(pcm: PcmSource, speech: SpeechProbability, options: SpeechScanOptions): Promise<Float32Array> {
  const all = new Float32Array(Math.ceil(pcm.sampleCount / SPEECH_HOP_SAMPLES));
  let state: VadState | null = null;
  for (let from = 0; from < pcm.sampleCount; from += PIECE_SAMPLES) {
    options.signal.throwIfAborted();
    const samples = await pcm.read(from, Math.min(pcm.sampleCount, from + PIECE_SAMPLES));
    const piece = await speech.probabilities(samples, state, options.signal);
    all.set(piece.probabilities, from / SPEECH_HOP_SAMPLES);
    state = piece.state;
    options.onProgress(Math.min(1, (from + PIECE_SAMPLES) / pcm.sampleCount));
  }
  return all;
}
