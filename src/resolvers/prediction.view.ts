import type { PredictionResult } from '../domain/analysis.js';
import { emotionOf } from '../domain/emotion.js';
import type { SegmentRecord } from '../domain/records.js';
import type { Plain } from './plain.js';
import type { EmotionScore, EmotionSummary } from './prediction.type.js';

/**
 * Scores come in the order of the model's labels, which the stored object cannot be trusted for: JSON in a database
 * sorts its keys. Labels that the model masks have no score and are left out.
 */
export function emotionSummary(result: PredictionResult, modelLabels: readonly string[]): Plain<EmotionSummary> {
  return {
    label: result.label,
    emotion: emotionOf(result.label),
    confidence: result.confidence,
    calibrated: result.calibrated,
    abstained: result.abstained,
    predictionSet: result.predictionSet,
    scores: modelLabels.flatMap((label, index) => scoreOf(result, label, index)),
  };
}

function scoreOf(result: PredictionResult, label: string, index: number): Plain<EmotionScore>[] {
  const score = result.scores[label];
  return score === undefined ? [] : [{ label, emotion: emotionOf(label), score, logit: result.logits[index] ?? 0 }];
}

/** What resolvers of a prediction start from; `segment` is null where it was not judged. */
export type PredictionRoot = Plain<EmotionSummary> & { readonly segment: SegmentRecord | null };

export function predictionOf(segment: SegmentRecord, modelLabels: readonly string[]): PredictionRoot {
  if (segment.prediction === null) {
    return { label: 'unknown', emotion: 'unknown', confidence: 0, calibrated: false, abstained: true, predictionSet: [], scores: [], segment: null };
  }
  return { ...emotionSummary(segment.prediction, modelLabels), segment };
}
