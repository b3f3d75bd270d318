import { writeFile } from 'node:fs/promises';
import { basename, extname, join, parse } from 'node:path';
import { csvHeader, csvRows } from '../domain/analysis-csv.js';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import { writeRttm, type RttmFiles } from '../domain/rttm.js';
import type { RoleRule } from '../domain/speaker-roles.js';
import type { SpokenStretch } from '../domain/speaker-turns.js';
import { analysisReport, isFailed } from '../domain/analysis-report.js';
import type { FailedReport, FileReport } from '../domain/analysis-report.js';
import { plotAnalysis } from './analysis-plot.js';
import { analysisText } from './analysis-text.js';
import type { CliAnalyzer, CliRuntime, FileAnalysis } from './cli-runtime.js';
import type { SpeakersArgument } from './argument-parsers.js';
import { writeOutputsFolder } from './outputs-folder.js';
import { ProgressLine } from './progress-line.js';
import { readRttmFile } from './rttm-file.js';
import { OutputClosed, painter, print, printable } from './terminal.js';
import type { Terminal } from './terminal.js';

export interface AnalyzeArguments {
  readonly files: readonly string[];
  readonly model: string | null;
  readonly raw: boolean;
  readonly speakers: SpeakersArgument;
  readonly speakerCount: number | null;
  readonly roles: RoleRule | null;
  /** File that who-speaks-when is written to. */
  readonly rttm: string | null;
  readonly format: 'text' | 'json' | 'csv';
  readonly plot: string | null;
  readonly out: string | null;
  readonly frames: boolean;
  readonly verbose: boolean;
}

/** Analyses each file in turn; one that fails is reported in its place and the others are still done. 0, or 1 when one failed. */
export async function analyzeCommand(runtime: CliRuntime, terminal: Terminal, args: AnalyzeArguments): Promise<number> {
  const analyzer = await runtime.openAnalyzer();
  try {
    // An unknown model is one mistake of the call, not one of every file.
    const model = analyzer.describeModel(args.model);
    const own = args.speakers.rttm === null ? null : await readRttmFile(args.speakers.rttm);
    const rttm: string[] = [];
    const writer = new ReportWriter(terminal, args.format, model.labels);
    const progress = new ProgressLine(terminal.err, { verbose: args.verbose });
    let failedCount = 0;
    await writer.begin();
    for (const file of args.files) {
      terminal.signal.throwIfAborted();
      const report = await analyzeOne(analyzer, terminal, progress, file, args, own);
      if (isFailed(report)) failedCount += 1;
      else rttm.push(writeRttm(stem(file), report.conversation?.speech ?? []));
      await writer.write(report);
    }
    if (args.rttm !== null) await writeFile(args.rttm, rttm.join(''));
    return failedCount === 0 ? 0 : 1;
  } finally {
    await analyzer.close();
  }
}

async function analyzeOne(analyzer: CliAnalyzer, terminal: Terminal, progress: ProgressLine, file: string, args: AnalyzeArguments, own: RttmFiles | null): Promise<FileReport> {
  const name = printable(basename(file));
  progress.begin(name);
  let analysis: FileAnalysis | null = null;
  try {
    analysis = await analyzer.analyzeFile(file, {
      model: args.model, raw: args.raw, speakers: args.speakers.mode, speakerCount: args.speakerCount, roles: args.roles, ...(own === null ? {} : { stretches: stretchesFor(file, own, args.files) }), wantFrames: args.frames && args.out !== null, signal: terminal.signal,
      onProgress: (fraction) => progress.update(name, fraction),
    });
    const report = analysisReport(file, analysis);
    if (args.plot !== null) await writeFile(plotPath(args.plot, file, args.files), await plotAnalysis(basename(file), analysis));
    const folder = args.out === null ? null : await writeOutputsFolder(args.out, args.frames ? analysis : { ...analysis, frames: null }, new Date());
    progress.end(name, folder === null ? 'done' : `written to ${folder}`);
    return report;
  } catch (error) {
    if (terminal.signal.aborted || error instanceof OutputClosed) throw error;
    const problem = problemOf(error, file);
    progress.end(name, problem.code);
    return { file, problem };
  } finally {
    progress.clear();
    await analysis?.dispose();
  }
}

/** The failure as a caller may see it: codes of the error table, or of the file system for a path that cannot be read. */
export function problemOf(error: unknown, file: string): FailedReport['problem'] {
  if (isUndertoneError(error)) return { code: error.code, message: error.message };
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOENT') return { code: 'NOT_FOUND', message: `There is no file ${file}.` };
  // No key is at fault, as FORBIDDEN would say: the user of this process may not open a file, or not write one.
  if (code === 'EACCES' || code === 'EPERM') return { code: 'BAD_INPUT', message: `${(error as NodeJS.ErrnoException).path ?? file} may not be opened by the user of this process (${code}). Give that user the right to (chmod, chown), or run the command as another.` };
  if (code === 'EISDIR') return { code: 'BAD_INPUT', message: `${file} is a folder; give the files in it.` };
  if (code === 'ENOSPC') return { code: 'STORAGE_FULL', message: 'The disk is full.' };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

const stem = (path: string): string => basename(path, extname(path));

/** Those of the recording that is called as the file is; the only one for the only file, whatever it is called. */
function stretchesFor(file: string, own: RttmFiles, files: readonly string[]): readonly SpokenStretch[] {
  const found = own.get(stem(file)) ?? (own.size === 1 && files.length === 1 ? [...own.values()][0] : undefined);
  if (found !== undefined) return found;
  throw new UndertoneError('BAD_INPUT', `The RTTM file has nothing for ${stem(file)}; it has ${[...own.keys()].slice(0, 5).join(', ')}. Name the recording in its second column as the file is called, without the ending.`, { field: 'speakers' });
}

/** `plot.svg` for one file; for several, `plot-NAME.svg` each, with a number where two have one name: none is written over. */
export function plotPath(wanted: string, file: string, files: readonly string[]): string {
  if (files.length === 1) return wanted;
  const { dir, name, ext } = parse(wanted);
  const before = files.slice(0, files.indexOf(file)).filter((other) => stem(other) === stem(file)).length;
  return join(dir, `${name}-${stem(file)}${before === 0 ? '' : `-${before + 1}`}${ext === '' ? '.svg' : ext}`);
}

class ReportWriter {
  #isFirst = true;

  constructor(private readonly terminal: Terminal, private readonly format: AnalyzeArguments['format'], private readonly labels: readonly string[]) {}

  async begin(): Promise<void> {
    if (this.format === 'csv') await print(this.terminal.out, csvHeader(this.labels));
  }

  async write(report: FileReport): Promise<void> {
    const { out } = this.terminal;
    if (this.format === 'json') await print(out, `${JSON.stringify(report)}\n`);
    else if (this.format === 'csv') await print(out, csvRows(report, this.labels));
    else await this.#writeText(report);
    this.#isFirst = false;
  }

  async #writeText(report: FileReport): Promise<void> {
    const { out, err } = this.terminal;
    if (isFailed(report)) await print(err, `${painter(err)('red', '✗')} ${printable(report.file)}: ${printable(report.problem.message)} (${report.problem.code})\n`);
    else await print(out, `${this.#isFirst ? '' : '\n'}${analysisText(report, painter(out), out.columns ?? 80)}`);
  }
}
