import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import { minuteSeconds } from '../domain/svg-plot.js';
import { cosineSimilarity } from '../domain/vectors.js';
import { problemOf } from './analyze.command.js';
import type { CliAnalyzer, CliRuntime } from './cli-runtime.js';
import { ProgressLine } from './progress-line.js';
import { print, printable, table } from './terminal.js';
import type { Terminal } from './terminal.js';

export interface SimilarArguments {
  readonly file: string;
  readonly folder: string;
  readonly model: string | null;
  readonly first: number;
  readonly json: boolean;
  readonly verbose: boolean;
}

interface Match {
  readonly file: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly label: string | null;
  readonly similarity: number;
}

const AUDIO_EXTENSIONS = new Set(['.wav', '.mp3', '.m4a', '.mp4', '.aac', '.flac', '.ogg', '.oga', '.opus', '.webm', '.mkv', '.mka', '.mov', '.aif', '.aiff', '.wma', '.amr', '.3gp']);

/** Segments of the recordings in a folder that sound most like FILE as a whole, by cosine of the same model's embeddings. */
export async function similarCommand(runtime: CliRuntime, terminal: Terminal, args: SimilarArguments): Promise<number> {
  const files = await audioFiles(args.folder);
  if (files.length === 0) throw new UndertoneError('BAD_INPUT', `${args.folder} has no audio files; looked for ${[...AUDIO_EXTENSIONS].join(' ')}.`);
  const analyzer = await runtime.openAnalyzer();
  const progress = new ProgressLine(terminal.err, { verbose: args.verbose });
  try {
    const target = (await embeddings(analyzer, args.file, args, terminal)).whole;
    if (target === null) throw new UndertoneError('BAD_INPUT', `No speech was judged in ${args.file}, so there is nothing to compare.`);
    const matches: Match[] = [];
    let failedCount = 0;
    for (const [index, file] of files.entries()) {
      terminal.signal.throwIfAborted();
      progress.update(`${index + 1}/${files.length} ${printable(file)}`, index / files.length);
      try {
        const { segments } = await embeddings(analyzer, file, args, terminal);
        for (const segment of segments) matches.push({ file, startSeconds: segment.startSeconds, endSeconds: segment.endSeconds, label: segment.label, similarity: cosineSimilarity(target, segment.embedding) });
      } catch (error) {
        if (terminal.signal.aborted) throw error;
        failedCount += 1;
        progress.clear();
        const problem = problemOf(error, file);
        await print(terminal.err, `✗ ${printable(file)}: ${printable(problem.message)} (${problem.code})\n`);
      }
    }
    progress.clear();
    const nearest = matches.sort((a, b) => b.similarity - a.similarity).slice(0, args.first);
    await print(terminal.out, args.json ? nearest.map((match) => `${JSON.stringify(match)}\n`).join('') : matchTable(nearest));
    return failedCount === 0 ? 0 : 1;
  } finally {
    await analyzer.close();
  }
}

async function embeddings(analyzer: CliAnalyzer, file: string, args: SimilarArguments, terminal: Terminal): Promise<{ readonly whole: Float32Array | null; readonly segments: readonly { readonly startSeconds: number; readonly endSeconds: number; readonly label: string | null; readonly embedding: Float32Array }[] }> {
  const analysis = await analyzer.analyzeFile(file, { model: args.model, raw: false, speakers: 'none', signal: terminal.signal });
  try {
    const { outcome } = analysis;
    return { whole: outcome.embedding, segments: outcome.segments.flatMap((segment) => (segment.embedding === null ? [] : [{ startSeconds: segment.startSeconds, endSeconds: segment.endSeconds, label: segment.prediction?.label ?? null, embedding: segment.embedding }])) };
  } finally {
    await analysis.dispose();
  }
}

async function audioFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && AUDIO_EXTENSIONS.has(extname(entry.name).toLowerCase())).map((entry) => join(entry.parentPath, entry.name)).sort();
}

function matchTable(matches: readonly Match[]): string {
  const rows = matches.map((match) => [match.similarity.toFixed(4), minuteSeconds(match.startSeconds, true), minuteSeconds(match.endSeconds, true), match.label ?? '–', printable(match.file)]);
  return table([['similarity', 'from', 'to', 'emotion', 'file'], ...rows], [0, 1, 2]);
}
