import { isUndertoneError } from '../domain/errors.js';
import type { AnalysisWindow } from '../domain/analysis.js';
import type { WindowInference } from '../domain/model.js';
import { secondsToSamples, type PcmSource } from '../domain/pcm.js';
import type { Priority } from '../domain/priority.js';
import { traced, type Tracing } from '../domain/tracing.js';
import type { EmotionInference, HostRun, InferOptions } from '../inference/emotion-inference.js';
import type { ModelAhead } from './model-ahead.js';

/** Windows of one recording that wait or run at once: enough to fill a batch, few enough that memory stays flat. */
const IN_FLIGHT = 4;
/** Time for one window, its wait in the queue included. Bulk work stands back where others want the processor, so it may take long. */
const DEADLINE_MS = { interactive: 120_000, bulk: 600_000 } as const;
const MAX_OVERLOAD_WAITS = 60;

export interface JudgedWindow {
  readonly window: AnalysisWindow;
  /** Null for a window that the gate left out. */
  readonly inference: WindowInference | null;
}

export interface WindowInferenceOptions {
  readonly modelId: string;
  readonly priority: Priority;
  readonly wantFrameFeatures: boolean;
  readonly signal: AbortSignal;
  readonly tracing: Tracing;
  readonly ahead: Pick<ModelAhead, 'take'>;
  readonly onProgress: (fraction: number) => void;
  /** Each window as soon as it is done, in any order. */
  readonly onJudged: (judged: JudgedWindow, index: number) => void;
}

/** What a window is asked with. */
export function inferOptions({ modelId, priority, wantFrameFeatures, tracing }: Pick<WindowInferenceOptions, 'modelId' | 'priority' | 'wantFrameFeatures' | 'tracing'>): InferOptions {
  // Measured by the host itself: the wait for its turn is what the span around has more.
  const onRun = ({ pid, startedAtMs, endedAtMs, windowCount }: HostRun): void => tracing.record('model.run', startedAtMs, endedAtMs, { 'process.pid': pid, 'undertone.batch.windows': windowCount });
  return { modelId, priority, deadlineMs: DEADLINE_MS[priority], wantFrameFeatures, onRun };
}

/** Runs the model over the windows that are speech (or bypassed), a few at a time, in order of the result. */
export async function inferWindows(pcmOf: (window: AnalysisWindow) => PcmSource, windows: readonly AnalysisWindow[], inference: EmotionInference, options: WindowInferenceOptions): Promise<JudgedWindow[]> {
  const judged = new Array<JudgedWindow>(windows.length);
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  let next = 0;
  let doneCount = 0;

  async function runner(): Promise<void> {
    for (let i = next++; i < windows.length; i = next++) {
      signal.throwIfAborted();
      const window = windows[i]!;
      const done = { window, inference: isJudged(window) ? await inferPatiently(window) : null };
      judged[i] = done;
      options.onJudged(done, i);
      options.onProgress(++doneCount / windows.length);
    }
  }

  /** A full queue is not a failure of a job: it waits as told and asks again. */
  async function inferPatiently(window: AnalysisWindow): Promise<WindowInference> {
    const begun = options.ahead.take(window);
    if (begun !== null) {
      // A queue that was full a moment ago is no failure: asked again below.
      const early = await begun.catch(() => null);
      if (early !== null) return early;
      signal.throwIfAborted();
    }
    const samples = await pcmOf(window).read(secondsToSamples(window.startSeconds), secondsToSamples(window.endSeconds));
    const attributes = { 'undertone.model.id': options.modelId, 'undertone.window.seconds': window.endSeconds - window.startSeconds };
    return traced(options.tracing, 'model.infer', { attributes }, () => askUntilRoom(samples));
  }

  async function askUntilRoom(samples: Float32Array): Promise<WindowInference> {
    const request = { ...inferOptions(options), signal };
    for (let waits = 0; ; waits++) {
      try {
        return await inference.infer(samples, request);
      } catch (error) {
        const overloaded = isUndertoneError(error) && error.code === 'INFERENCE_OVERLOADED';
        if (!overloaded || waits >= MAX_OVERLOAD_WAITS) throw error;
        await delay(Number(error.details['retryAfterMs'] ?? 1000), signal);
      }
    }
  }

  const runners = Array.from({ length: Math.min(IN_FLIGHT, windows.length) }, () => runner().catch((error: unknown) => {
    failed.abort();
    throw error;
  }));
  const outcomes = await Promise.allSettled(runners);
  const rejected = outcomes.filter((outcome) => outcome.status === 'rejected');
  if (rejected.length > 0) throw firstCause(rejected.map((outcome): unknown => outcome.reason), options.signal);
  return judged;
}

/** The failure that stopped the others, rather than one of the aborts that it caused. */
function firstCause(reasons: readonly unknown[], signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  return reasons.find((reason) => !(reason instanceof Error && reason.name === 'AbortError')) ?? reasons[0];
}

export function isJudged(window: AnalysisWindow): boolean {
  return window.gate === 'speech' || window.gate === 'bypassed';
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
