import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { csvLine } from '../domain/csv.js';
import { evaluationHtml } from './eval-html.js';
import type { EvaluationReport } from './eval-report.js';
import type { EvaluatedItem } from './eval-run.js';

/** report.json, items.csv and report.html; the HTML needs no other file and no network. */
export async function writeEvaluation(folder: string, report: EvaluationReport, results: readonly EvaluatedItem[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, 'items.csv'), itemsCsv(report.model.labels, results));
  await writeFile(join(folder, 'report.html'), evaluationHtml(report));
}

export function itemsCsv(labels: readonly string[], results: readonly EvaluatedItem[]): string {
  const header = ['path', 'speaker', 'truth', 'answered', 'correct', 'confidence', 'abstained', 'gate', 'duration_seconds', 'sha256', 'problem', ...labels];
  const rows = results.map(({ item, answer, gate, durationSeconds, sha256, problem }) => [
    item.path, item.speaker, item.label, answer?.label ?? null, problem === null ? String(answer?.label === item.label) : null, answer?.confidence ?? null,
    answer === null ? null : String(answer.abstained), gate, durationSeconds, sha256, problem === null ? null : `${problem.code}: ${problem.message}`, ...labels.map((label) => answer?.scores[label] ?? null),
  ]);
  return [header, ...rows].map((row) => `${csvLine(row)}\n`).join('');
}
