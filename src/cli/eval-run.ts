import { access, constants, readdir } from 'node:fs/promises';
import { extname, isAbsolute, join, resolve } from 'node:path';
import { csvLine } from '../domain/csv.js';
import { failedResult, resultOf, type EvaluatedItem } from '../domain/evaluated-item.js';
import { ManifestError } from '../domain/evaluation-manifest.js';
import type { ManifestItem } from '../domain/evaluation-manifest.js';
import { problemOf } from './analyze.command.js';
import type { CliAnalyzer } from './cli-runtime.js';

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

const AUDIO_EXTENSIONS = new Set(['.wav', '.flac', '.mp3', '.m4a', '.mp4', '.aac', '.ogg', '.oga', '.opus', '.webm', '.mkv', '.mov', '.aif', '.aiff', '.amr', '.wma']);

/** A folder whose folders are labels, as a manifest: `angry/a.wav`, `sad/one/b.flac`. Throws ManifestError when there is nothing. */
export async function folderManifest(folder: string): Promise<string> {
  const lines: string[] = [];
  const labels = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name).sort();
  for (const label of labels) {
    const files = (await readdir(join(folder, label), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile() && AUDIO_EXTENSIONS.has(extname(entry.name).toLowerCase()));
    // Quoted by hand: `csvLine` would mark a name that begins like a formula, and the file would not be found.
    for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort()) lines.push([resolve(path), label].map((field) => `"${field.replaceAll('"', '""')}"`).join(','));
  }
  if (lines.length === 0) throw new ManifestError([`no recordings: a folder for each label with recordings in it is looked for, such as angry/one.wav (${labels.length} folders here)`]);
  return `${[csvLine(['path', 'label']), ...lines].join('\n')}\n`;
}

export interface RunOptions {
  readonly model: string | null;
  readonly raw: boolean;
  readonly signal: AbortSignal;
  readonly onDone: (doneCount: number) => void;
}

/** Sends every item through the same pipeline as `analyze`, several at once; results in the order of the manifest. */
export async function runItems(analyzer: CliAnalyzer, paths: ReadonlyMap<ManifestItem, string>, options: RunOptions): Promise<readonly EvaluatedItem[]> {
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

async function runItem(analyzer: CliAnalyzer, item: ManifestItem, path: string, options: RunOptions): Promise<EvaluatedItem> {
  try {
    const analysis = await analyzer.analyzeFile(path, { model: options.model, raw: options.raw, speakers: 'none', signal: options.signal });
    try {
      return { item, ...resultOf(analysis.outcome, analysis.sha256) };
    } finally {
      await analysis.dispose();
    }
  } catch (error) {
    if (options.signal.aborted) throw error;
    return { item, ...failedResult(problemOf(error, path)) };
  }
}
