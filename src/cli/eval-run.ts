import { access, constants } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { ManifestError } from '../domain/evaluation-manifest.js';
import type { ManifestItem } from '../domain/evaluation-manifest.js';
import { problemOf } from './analyze.command.js';
import type { CliAnalyzer } from './cli-runtime.js';

/** One item after the platform has answered. */
export interface EvaluatedItem {
  readonly item: ManifestItem;
  readonly sha256: string | null;
  readonly durationSeconds: number | null;
  /** Null when it was not judged (gated out) or failed. */
  readonly answer: { readonly label: string; readonly confidence: number; readonly calibrated: boolean; readonly abstained: boolean; readonly scores: Readonly<Record<string, number>> } | null;
  readonly gate: string | null;
  readonly problem: { readonly code: string; readonly message: string } | null;
}

/** Where each item lies. Throws ManifestError naming the files that are not there. */
export async function locateFiles(items: readonly ManifestItem[], dataRoot: string): Promise<ReadonlyMap<ManifestItem, string>> {
  const paths = new Map<ManifestItem, string>();
  const problems: string[] = [];
  for (const item of items) {
    const path = isAbsolute(item.path) ? item.path : resolve(dataRoot, item.path);
    paths.set(item, path);
    const isReadable = await access(path, constants.R_OK).then(() => true, () => false);
    if (!isReadable) problems.push(`line ${item.line}: no readable file ${path}`);
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, 10);
    const rest = problems.length > shown.length ? [`… and ${problems.length - shown.length} more of ${items.length}`] : [];
    throw new ManifestError([...shown, ...rest, `paths are relative to ${dataRoot}; --data-root DIR says otherwise`]);
  }
  return paths;
}

/** Sends every item through the same pipeline as `analyze`, several at once; results in the order of the manifest. */
export async function runItems(
  analyzer: CliAnalyzer, paths: ReadonlyMap<ManifestItem, string>, options: { readonly model: string | null; readonly raw: boolean; readonly signal: AbortSignal; readonly onDone: (doneCount: number) => void },
): Promise<readonly EvaluatedItem[]> {
  const work = [...paths];
  const results: EvaluatedItem[] = [];
  let next = 0;
  let doneCount = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < work.length; index = next++) {
      options.signal.throwIfAborted();
      const [item, path] = work[index]!;
      results[index] = await runItem(analyzer, item, path, options);
      options.onDone(++doneCount);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, analyzer.concurrency) }, lane));
  return results;
}

async function runItem(analyzer: CliAnalyzer, item: ManifestItem, path: string, options: { readonly model: string | null; readonly raw: boolean; readonly signal: AbortSignal }): Promise<EvaluatedItem> {
  try {
    const analysis = await analyzer.analyzeFile(path, { model: options.model, raw: options.raw, speakers: 'none', signal: options.signal });
    try {
      const { summary, gate, durationSeconds } = analysis.outcome;
      const answer = summary === null ? null : { label: summary.label, confidence: summary.confidence, calibrated: summary.calibrated, abstained: summary.abstained, scores: summary.scores };
      return { item, sha256: analysis.sha256, durationSeconds, answer, gate: gate.kind, problem: null };
    } finally {
      await analysis.dispose();
    }
  } catch (error) {
    if (options.signal.aborted) throw error;
    return { item, sha256: null, durationSeconds: null, answer: null, gate: null, problem: problemOf(error, path) };
  }
}
