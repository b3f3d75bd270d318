import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { WindowInference } from '../../domain/model.js';
import { normalizeClip } from '../host/normalization.js';

/**
 * A model's graph in this very process, for imports, tests and benchmarks only: `run` blocks the event loop for its whole
 * length, so serving goes through a model host.
 */
export class GraphSession {
  private constructor(private readonly session: InferenceSession) {}

  static async open(graphPath: string, threadCount = 0): Promise<GraphSession> {
    const session = await InferenceSession.create(graphPath, {
      intraOpNumThreads: threadCount,
      interOpNumThreads: 1,
      // Levels differ within noise here; `disabled` has the lowest peak memory, and the graph is written fused.
      graphOptimizationLevel: 'disabled',
      enableMemPattern: false,
      executionProviders: ['cpu'],
      logSeverityLevel: 3,
    });
    return new GraphSession(session);
  }

  /** One result a clip, in order, from one padded batch. Samples are mono at the model's rate, not normalised. */
  async infer(clips: readonly Float32Array[], normalize: (samples: Float32Array) => Float32Array = normalizeClip): Promise<(WindowInference & Required<Pick<WindowInference, 'frameFeatures'>>)[]> {
    const longest = Math.max(...clips.map((clip) => clip.length));
    const waveform = new Float32Array(clips.length * longest);
    for (const [index, clip] of clips.entries()) waveform.set(normalize(clip), index * longest);
    const outputs = await this.session.run({
      waveform: new Tensor('float32', waveform, [clips.length, longest]),
      lengths: new Tensor('int64', BigInt64Array.from(clips, (clip) => BigInt(clip.length)), [clips.length]),
    });
    const { frame_features: features, frame_logits: logits, embedding, logits: utterance, frame_lengths: counts } = outputs;
    const floats = (tensor: InferenceSession.OnnxValueMapType[string] | undefined): Float32Array => (tensor as Tensor).data as Float32Array;
    const [, frames, width] = (features as Tensor).dims as [number, number, number];
    const classes = (logits as Tensor).dims[2]!;
    return clips.map((_, index) => {
      const frameCount = Number(((counts as Tensor).data as BigInt64Array)[index]);
      return {
        frameCount,
        frameFeatures: floats(features).slice(index * frames * width, (index * frames + frameCount) * width),
        frameLogits: floats(logits).slice(index * frames * classes, (index * frames + frameCount) * classes),
        embedding: floats(embedding).slice(index * width, (index + 1) * width),
        logits: floats(utterance).slice(index * classes, (index + 1) * classes),
      };
    });
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}
