import type { PcmSource } from '../../domain/pcm.js';
import type { Transcriber, Transcription } from '../contract.js';

/** What does the work: a model in a process of its own, which the plugin is given and ends. */
export interface SpeechEngine {
  unavailable(): string | null;
  recognize(pcm: PcmSource, language: string | null, signal: AbortSignal): Promise<Transcription>;
  stop(): Promise<void>;
}

/** Speech models that were pulled or imported, on this machine: nothing leaves it. */
export function sherpaTranscriber(engine: SpeechEngine): Transcriber & { stop(): Promise<void> } {
  return {
    id: 'sherpa-onnx',
    unavailable: () => engine.unavailable(),
    transcribe: (pcm, { language }, signal) => engine.recognize(pcm, language, signal),
    stop: () => engine.stop(),
  };
}
