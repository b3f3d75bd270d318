import type { SpeechRegion } from '../domain/analysis.js';
import type { WindowInference } from '../domain/model.js';
import { secondsToSamples, type PcmSource } from '../domain/pcm.js';
import type { EmotionInference, InferOptions } from '../inference/emotion-inference.js';

/**
 * Judges the only window of a short recording while the gate still decides whether it is speech at all: on a warm server
 * the two take about as long as each other. What the gate then leaves out is thrown away unseen, at the cost of one window.
 */
export interface ModelAhead {
  begin(pcm: PcmSource, span: SpeechRegion): void;
  /** What was begun for exactly this span; null when nothing was. May reject: ask again then. */
  take(span: SpeechRegion): Promise<WindowInference> | null;
  /** Gives up what nobody took. */
  end(): void;
}

export function createModelAhead(inference: EmotionInference, request: Omit<InferOptions, 'signal'>, signal: AbortSignal): ModelAhead {
  const ended = new AbortController();
  let begun: (SpeechRegion & { readonly result: Promise<WindowInference> }) | null = null;
  return {
    begin(pcm, { startSeconds, endSeconds }) {
      const result = pcm.read(secondsToSamples(startSeconds), secondsToSamples(endSeconds))
        .then((samples) => inference.infer(samples, { ...request, signal: AbortSignal.any([signal, ended.signal]) }));
      result.catch(() => undefined);
      begun = { startSeconds, endSeconds, result };
    },
    take({ startSeconds, endSeconds }) {
      if (begun === null || begun.startSeconds !== startSeconds || begun.endSeconds !== endSeconds) return null;
      const { result } = begun;
      begun = null;
      return result;
    },
    end() {
      if (begun !== null) ended.abort();
      begun = null;
    },
  };
}
