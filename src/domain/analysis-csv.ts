import type { AnalysisReport, FileReport } from './analysis-report.js';
import { isFailed } from './analysis-report.js';
import { csvLine } from './csv.js';

const COLUMNS = ['file', 'sha256', 'start_seconds', 'end_seconds', 'speaker', 'label', 'confidence', 'abstained', 'gate', 'problem'] as const;
const WHOLE = '(whole)';

/** The first line; after the columns that every file has, one for each label of the model. */
export function csvHeader(labels: readonly string[]): string {
  return `${csvLine([...COLUMNS, ...labels])}\n`;
}

/** One line a segment, so that a spreadsheet can filter; the whole file first, with times of the whole. A file that failed is one line. */
export function csvRows(report: FileReport, labels: readonly string[]): string {
  if (isFailed(report)) return `${csvLine([report.file, ...COLUMNS.slice(2).map(() => null), `${report.problem.code}: ${report.problem.message}`, ...labels.map(() => null)])}\n`;
  return [wholeOf(report), ...report.segments].map((row) => {
    const scores = labels.map((label) => row.scores[label] ?? null);
    return `${csvLine([report.file, report.sha256, row.startSeconds, row.endSeconds, row.speaker, row.label, row.confidence, String(row.abstained), row.gate, null, ...scores])}\n`;
  }).join('');
}

function wholeOf({ durationSeconds, summary, gate }: AnalysisReport): Omit<AnalysisReport['segments'][number], 'calibrated'> {
  return { startSeconds: 0, endSeconds: durationSeconds, speaker: WHOLE, label: summary?.label ?? null, confidence: summary?.confidence ?? null, abstained: summary?.abstained ?? true, gate: gate.kind, scores: summary?.scores ?? {} };
}
