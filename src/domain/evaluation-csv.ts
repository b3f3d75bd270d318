import { csvLine } from './csv.js';
import type { EvaluatedItem } from './evaluated-item.js';

/** One line an item, with every score. */
export function itemsCsv(labels: readonly string[], results: readonly EvaluatedItem[]): string {
  const header = ['path', 'speaker', 'truth', 'answered', 'correct', 'confidence', 'abstained', 'gate', 'duration_seconds', 'sha256', 'problem', ...labels, 'prediction_set', 'snr_db', 'bandwidth_hz', 'loudness_lufs', 'calibration'];
  const rows = results.map(({ item, answer, gate, durationSeconds, sha256, problem, conditions, calibrationVersion }) => [
    item.path, item.speaker, item.label, answer?.label ?? null, problem === null ? String(answer?.label === item.label) : null, answer?.confidence ?? null,
    answer === null ? null : String(answer.abstained), gate, durationSeconds, sha256, problem === null ? null : `${problem.code}: ${problem.message}`, ...labels.map((label) => answer?.scores[label] ?? null),
    answer?.predictionSet.join(' ') ?? null, conditions?.snrDb ?? null, conditions?.effectiveBandwidthHz ?? null, conditions?.integratedLoudnessLufs ?? null, calibrationVersion,
  ]);
  return [header, ...rows].map((row) => `${csvLine(row)}\n`).join('');
}
