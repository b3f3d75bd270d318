import type { ModelManifest } from '../../domain/model.js';
import { GraphSession } from './graph-session.js';
import type { ModelLabels } from './model-labels.js';
import { speechLikeClips } from './speech-like-clip.js';

export type QuantizationReport = NonNullable<ModelManifest['quantization']>;

interface ClipAnswer {
  readonly scores: readonly number[];
  readonly embedding: Float32Array;
}

/**
 * When int8 may stand in for float32 by default: the same winner on at least 98 % of the clips, no score more than 0.05
 * away, and no embedding below a cosine of 0.99.
 */
export function isFaithful(report: QuantizationReport): boolean {
  return report.argmaxAgreement >= 0.98 && report.maxScoreDifference <= 0.05 && report.embeddingCosine >= 0.99;
}

/** Twelve made-up clips of 2 to 5 s. Recordings of one's own say more about one's own use. */
export function builtInClips(): Float32Array[] {
  return [2, 3, 4, 5].flatMap((seconds, index) => speechLikeClips({ count: 3, seconds, seed: index + 1 }));
}

/**
 * Runs both graphs over the clips, one after the other so that only one is in memory. `argmaxAgreement` is a share of the
 * clips, `maxScoreDifference` the largest of any score, `embeddingCosine` the lowest of any clip.
 */
export async function comparePrecisions(paths: { readonly float: string; readonly int8: string }, clips: readonly Float32Array[], labels: ModelLabels, onFraction: (fraction: number) => void = () => undefined): Promise<QuantizationReport> {
  let done = 0;
  const advance = (): void => onFraction((done += 1) / (2 * clips.length));
  const wanted = await answersOf(paths.float, clips, labels, advance);
  const given = await answersOf(paths.int8, clips, labels, advance);
  const pairs = wanted.map((answer, index) => ({ wanted: answer, given: given[index]! }));
  const differences = pairs.flatMap((pair) => pair.wanted.scores.map((score, index) => Math.abs(score - pair.given.scores[index]!)));
  return {
    argmaxAgreement: pairs.filter((pair) => winner(pair.wanted.scores) === winner(pair.given.scores)).length / clips.length,
    maxScoreDifference: Math.max(...differences),
    embeddingCosine: Math.min(...pairs.map((pair) => cosine(pair.wanted.embedding, pair.given.embedding))),
    clipCount: clips.length,
  };
}

async function answersOf(graphPath: string, clips: readonly Float32Array[], labels: ModelLabels, advance: () => void): Promise<ClipAnswer[]> {
  const session = await GraphSession.open(graphPath);
  try {
    const answers: ClipAnswer[] = [];
    for (const clip of clips) {
      const [result] = await session.infer([clip]);
      answers.push({ scores: scoresOf(result!.logits, labels), embedding: result!.embedding });
      advance();
    }
    return answers;
  } finally {
    await session.close();
  }
}

/** Softmax over the rows that may win. */
function scoresOf(logits: Float32Array, { labels, maskedLabels }: ModelLabels): number[] {
  const kept = [...logits].filter((_, index) => !maskedLabels.includes(labels[index]!));
  const largest = Math.max(...kept);
  const powers = kept.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function winner(scores: readonly number[]): number {
  return scores.indexOf(Math.max(...scores));
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, squaresA, squaresB] = [0, 0, 0];
  for (const [index, value] of a.entries()) {
    dot += value * b[index]!;
    squaresA += value * value;
    squaresB += b[index]! ** 2;
  }
  return dot / Math.sqrt(squaresA * squaresB);
}
