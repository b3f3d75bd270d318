import { describe, expect, it } from 'vitest';
import type { AnalysisWindow } from '../../src/domain/analysis.js';
import type { WindowInference } from '../../src/domain/model.js';
import type { PcmSource } from '../../src/domain/pcm.js';
import { NO_TRACING } from '../../src/domain/tracing.js';
import type { EmotionInference, InferOptions } from '../../src/inference/emotion-inference.js';
import { createModelAhead } from '../../src/services/model-ahead.js';
import { inferOptions, inferWindows } from '../../src/services/window-inference.js';

const asked = { modelId: 'm', priority: 'interactive' as const, wantFrameFeatures: false, tracing: NO_TRACING };
const pcm: PcmSource = { sampleCount: 32_000, read: (from, to) => Promise.resolve(new Float32Array(to - from)), dispose: () => Promise.resolve() };
const span = { startSeconds: 0.5, endSeconds: 1.5 };
const windowOf = (gate: AnalysisWindow['gate']): AnalysisWindow => ({ ...span, gate, speechSeconds: 1, speaker: null });

/** A model that answers with the length of what it was given, after `failures` refusals. */
function bench(failures = 0) {
  const calls: InferOptions[] = [];
  const inference = {
    infer: (samples: Float32Array, options: InferOptions): Promise<WindowInference> => {
      calls.push(options);
      if (calls.length <= failures) return Promise.reject(new Error('the queue is full'));
      return new Promise((resolve, reject) => {
        options.signal?.addEventListener('abort', () => reject(new Error('given up')));
        setImmediate(() => resolve({ logits: Float32Array.of(samples.length) } as unknown as WindowInference));
      });
    },
  } as unknown as EmotionInference;
  const { signal } = new AbortController();
  const ahead = createModelAhead(inference, inferOptions(asked), signal);
  const infer = (window: AnalysisWindow) => inferWindows(() => pcm, [window], inference, { ...asked, signal, ahead, onProgress: () => undefined, onJudged: () => undefined });
  return { calls, ahead, infer };
}

describe('the model ahead of the gate', () => {
  it('is asked once for a window that the gate lets through, and the answer is that one', async () => {
    const { calls, ahead, infer } = bench();
    ahead.begin(pcm, span);
    expect((await infer(windowOf('speech')))[0]!.inference?.logits).toEqual(Float32Array.of(16_000));
    expect(calls).toHaveLength(1);
  });

  it('shows nothing of a window that the gate leaves out, and gives it up', async () => {
    const { calls, ahead, infer } = bench();
    ahead.begin(pcm, span);
    expect((await infer(windowOf('music')))[0]!.inference).toBeNull();
    ahead.end();
    expect(calls[0]!.signal!.aborted).toBe(true);
  });

  it('is asked again where the first try failed or was for another span', async () => {
    const failed = bench(1);
    failed.ahead.begin(pcm, span);
    expect((await failed.infer(windowOf('speech')))[0]!.inference).not.toBeNull();
    expect(failed.calls).toHaveLength(2);
    const other = bench();
    other.ahead.begin(pcm, { startSeconds: 0, endSeconds: 2 });
    expect((await other.infer(windowOf('speech')))[0]!.inference?.logits).toEqual(Float32Array.of(16_000));
    expect(other.calls).toHaveLength(2);
  });
});
