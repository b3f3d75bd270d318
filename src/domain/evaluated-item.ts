import type { AnalysisOutcome, AudioQuality } from './analysis.js';
import type { CalibrationItem } from './calibration.js';
import type { ManifestItem } from './evaluation-manifest.js';
import type { ScoredItem } from './metrics.tally.js';

/** What an item was judged by, kept small: it is stored for each item of each run. */
export interface EvaluatedAnswer {
  readonly label: string;
  readonly confidence: number;
  readonly calibrated: boolean;
  readonly abstained: boolean;
  readonly predictionSet: readonly string[];
  readonly scores: Readonly<Record<string, number>>;
  /** In the order of the model's labels. */
  readonly logits: readonly number[];
}

export type Conditions = Pick<AudioQuality, 'snrDb' | 'effectiveBandwidthHz' | 'integratedLoudnessLufs'>;

/** What the platform made of one recording, without what it was asked. */
export interface ItemResult {
  readonly sha256: string | null;
  readonly durationSeconds: number | null;
  /** Null when it was not judged (gated out) or failed. */
  readonly answer: EvaluatedAnswer | null;
  readonly gate: string | null;
  readonly conditions: Conditions | null;
  /** Of the calibration that the confidence follows; null where there was none. */
  readonly calibrationVersion: string | null;
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** One item after the platform has answered. */
export interface EvaluatedItem extends ItemResult {
  readonly item: ManifestItem;
}

export function resultOf(outcome: AnalysisOutcome, sha256: string): ItemResult {
  const { summary, gate, durationSeconds, quality } = outcome;
  return {
    sha256, durationSeconds, gate: gate.kind, problem: null, calibrationVersion: outcome.calibration?.version ?? null,
    conditions: { snrDb: quality.snrDb, effectiveBandwidthHz: quality.effectiveBandwidthHz, integratedLoudnessLufs: quality.integratedLoudnessLufs },
    answer: summary === null ? null : {
      label: summary.label, confidence: summary.confidence, calibrated: summary.calibrated, abstained: summary.abstained, predictionSet: summary.predictionSet, scores: summary.scores, logits: summary.logits,
    },
  };
}

export function failedResult(problem: NonNullable<ItemResult['problem']>): ItemResult {
  return { sha256: null, durationSeconds: null, answer: null, gate: null, conditions: null, calibrationVersion: null, problem };
}

/** The label with the highest score counts also where the platform abstained: abstention is shown by the coverage curve. */
export function scoredItem({ item, answer }: EvaluatedItem, labels: readonly string[]): ScoredItem {
  const truth = labels.indexOf(item.label);
  if (answer === null) return { truth, predicted: -1, confidence: 0, scores: [] };
  return { truth, predicted: labels.indexOf(answer.label), confidence: answer.confidence, scores: labels.map((label) => answer.scores[label] ?? 0) };
}

/** An item without a speaker is a cluster of its own; its line keeps it apart from a speaker of the same name. */
export function clusterOf({ item }: Pick<EvaluatedItem, 'item'>): string {
  return item.speaker === null ? `line ${item.line}` : `speaker ${item.speaker}`;
}

/** What a calibration can be fitted on: judged items whose label the model knows. */
export function calibrationItems(results: readonly EvaluatedItem[], labels: readonly string[]): readonly CalibrationItem[] {
  return results.flatMap((result) => {
    const truth = labels.indexOf(result.item.label);
    return result.answer === null || truth < 0 ? [] : [{ logits: result.answer.logits, truth, cluster: clusterOf(result) }];
  });
}
