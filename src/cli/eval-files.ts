import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { EvaluatedItem } from '../domain/evaluated-item.js';
import { itemsCsv } from '../domain/evaluation-csv.js';
import { evaluationHtml } from '../domain/evaluation-html.js';
import type { EvaluationReport } from '../domain/evaluation-report.js';

/** report.json, items.csv and report.html; the HTML needs no other file and no network, and links to the recordings on this disk. */
export async function writeEvaluation(folder: string, report: EvaluationReport, results: readonly EvaluatedItem[], pathOf: (path: string) => string | null): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, 'items.csv'), itemsCsv(report.model.labels, results));
  const linkOf = (path: string): string | null => {
    const found = pathOf(path);
    return found === null ? null : pathToFileURL(found).href;
  };
  await writeFile(join(folder, 'report.html'), evaluationHtml(report, linkOf));
}
