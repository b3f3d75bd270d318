import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { problemOf } from './analyze.command.js';
import type { FileReport } from '../domain/analysis-report.js';
import { isFailed } from '../domain/analysis-report.js';
import { analysisText } from './analysis-text.js';
import { jsonOption, modelOption } from './argument-parsers.js';
import { analyzeOverApi } from './demo-analysis.js';
import { ApiProblem } from './demo-api.js';
import { startDemoServer } from './demo-server.js';
import type { DemoServer, Environment } from './demo-server.js';
import { ProgressLine } from './progress-line.js';
import { OutputClosed, painter, print, printable, tolerateClosedPipes } from './terminal.js';
import type { Terminal } from './terminal.js';

interface DemoArguments {
  readonly files: readonly string[];
  readonly json: boolean;
  readonly model: string | null;
  readonly raw: boolean;
  readonly speakers: 'none' | 'channels' | 'auto';
}

const SAMPLE = join('samples', 'conversation.flac');

/** `npm run demo`: the whole platform for one moment. Exit codes as `analyze`: 0, 1 when a file failed, 2 for bad usage. */
export async function demoMain(argv: readonly string[], options: { readonly packageRoot: string; readonly environment: Environment }): Promise<number> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  tolerateClosedPipes(process.stdout, process.stderr);
  const terminal: Terminal = { out: process.stdout, err: process.stderr, signal: controller.signal };
  try {
    const args = parseArguments(argv);
    return args === null ? 0 : await demo(args, terminal, options);
  } catch (error) {
    if (error instanceof OutputClosed) return 0;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (controller.signal.aborted) return 130;
    terminal.err.write(`✗ ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** Null after help. Throws CommanderError, already explained, for bad usage. */
function parseArguments(argv: readonly string[]): DemoArguments | null {
  interface Options { json?: true; model?: string; raw?: true; speakers: DemoArguments['speakers'] }
  const command = new Command('npm run demo --').description('Starts Undertone for a moment, sends the sample (or your files) through its API and shows the result.')
    .argument('[file...]', 'audio or video files').addOption(jsonOption()).addOption(modelOption()).option('--raw', 'the model\'s own answer about the samples as they are')
    .addOption(new Option('--speakers <how>', 'how speakers are told apart').choices(['none', 'channels', 'auto']).default('none')).exitOverride().action(() => undefined);
  command.parse([...argv], { from: 'user' });
  const options = command.opts<Options>();
  return { files: command.args, json: options.json ?? false, model: options.model ?? null, raw: options.raw ?? false, speakers: options.speakers };
}

async function demo(args: DemoArguments, terminal: Terminal, options: { readonly packageRoot: string; readonly environment: Environment }): Promise<number> {
  const { err, signal } = terminal;
  const isSample = args.files.length === 0;
  const files = isSample ? [join(options.packageRoot, SAMPLE)] : args.files;
  if (isSample) err.write('The sample is a synthesized conversation of two voices (espeak-ng): it shows how Undertone works, not how well it hears people.\n');
  err.write('Starting Undertone on a free port with a throw-away data folder …\n');
  const server = await startDemoServer(options.packageRoot, options.environment, signal);
  try {
    err.write(`It listens on ${server.url}\n`);
    let failedCount = 0;
    for (const file of files) {
      const report = await analyzeOne(server, file, args, terminal);
      if (isFailed(report)) failedCount += 1;
      await show(report, args, terminal);
    }
    return failedCount === 0 ? 0 : 1;
  } finally {
    await server.close();
  }
}

async function analyzeOne(server: DemoServer, file: string, args: DemoArguments, terminal: Terminal): Promise<FileReport> {
  const progress = new ProgressLine(terminal.err, { verbose: true });
  const task = printable(file);
  progress.begin(task);
  try {
    const report = await analyzeOverApi(server, file, { model: args.model, raw: args.raw, speakers: args.speakers, signal: terminal.signal, onProgress: (fraction) => progress.update(task, fraction) });
    progress.update(task, 1);
    progress.end(task, 'done');
    return report;
  } catch (error) {
    if (terminal.signal.aborted) throw error;
    const problem = error instanceof ApiProblem ? { code: error.code, message: error.message } : problemOf(error, file);
    progress.end(task, problem.code);
    return { file, problem };
  }
}

async function show(report: FileReport, args: DemoArguments, terminal: Terminal): Promise<void> {
  const { out, err } = terminal;
  if (args.json) await print(out, `${JSON.stringify(report)}\n`);
  else if (isFailed(report)) await print(err, `${painter(err)('red', '✗')} ${printable(report.file)}: ${printable(report.problem.message)} (${report.problem.code})\n`);
  else await print(out, `\n${analysisText(report, painter(out), out.columns ?? 80)}`);
}
