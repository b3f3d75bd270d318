import { UndertoneError } from '../../domain/errors.js';
import type { ModelConfig } from './model-config.js';
import { frameCountOf, receptiveFieldSamples } from './model-config.js';
import { GraphSession } from './graph-session.js';
import { speechLikeClips } from './speech-like-clip.js';

/** Loads a freshly written graph and runs the shortest clip and a one-second one: MODEL_INVALID unless all numbers are finite and all sizes right. */
export async function trialRun(graphPath: string, config: ModelConfig): Promise<void> {
  const session = await GraphSession.open(graphPath).catch((cause: unknown) => {
    throw trialError('onnxruntime cannot load the graph', cause);
  });
  try {
    const [second] = speechLikeClips({ count: 1, seconds: 1 });
    const shortest = second!.slice(0, receptiveFieldSamples(config));
    for (const samples of [shortest, second!]) {
      const [result] = await session.infer([samples]).catch((cause: unknown) => {
        throw trialError('onnxruntime cannot run the graph', cause);
      });
      if (result === undefined) throw trialError('a trial run gave nothing');
      const frames = frameCountOf(config, samples.length);
      if (result.frameCount !== frames || result.embedding.length !== config.embeddingDimension || result.logits.length !== config.classCount) {
        throw trialError(`${samples.length} samples gave ${result.frameCount} frames of ${result.embedding.length} features and ${result.logits.length} labels; expected ${frames}, ${config.embeddingDimension} and ${config.classCount}`);
      }
      if (![...result.embedding, ...result.logits].every(Number.isFinite)) throw trialError('the trial run gave numbers that are not finite: its weights are damaged');
    }
  } finally {
    await session.close();
  }
}

function trialError(found: string, cause?: unknown): UndertoneError {
  const reason = cause instanceof Error ? ` (${cause.message.slice(0, 300)})` : '';
  return new UndertoneError('MODEL_INVALID', `The imported model does not run: ${found}${reason}. Nothing was installed; get the checkpoint again.`, {}, { cause });
}
