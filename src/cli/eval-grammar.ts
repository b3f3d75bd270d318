import { Option, type Command } from 'commander';
import { collectPair, jsonOption, modelOption, share, verboseOption, wholeNumber } from './argument-parsers.js';
import { calibrateCommand } from './calibrate.command.js';
import { diarizationEvalCommand } from './diarization-eval.command.js';
import type { ManifestArguments } from './eval-manifest.js';
import { evalCommand } from './eval.command.js';
import { run, type ProgramContext } from './program.js';

interface ManifestOptions { split?: string; dataRoot?: string; column?: Record<string, string>; map?: Record<string, string>; model?: string; json?: true; raw?: true; seed: number; verbose?: true }

/** The options that say how a manifest is read. */
function takingManifest(command: Command): Command {
  return command.argument('<manifest.csv>', 'columns path, label (or emotion), and if known speaker, split, language, gender, channel, quality and votes; or a folder with a folder for each label').addOption(modelOption())
    .addOption(jsonOption()).option('--raw', 'bypass gate, voice activity and windows').option('--split <name>', 'only the rows of this split')
    .option('--data-root <dir>', 'folder that paths are relative to (default: the manifest\'s)')
    .addOption(new Option('--column <role=name>', 'which column is the path, label, speaker, split, language, gender, channel, quality or votes').argParser(collectPair))
    .addOption(new Option('--map <from=to>', 'what a label of the manifest is called by the model').argParser(collectPair))
    .addOption(new Option('--seed <number>', 'of what is drawn').argParser(wholeNumber(0, 4_294_967_295)).default(20_240_601)).addOption(verboseOption());
}

function manifestArguments(manifest: string, options: ManifestOptions): ManifestArguments & { readonly model: string | null; readonly json: boolean; readonly raw: boolean; readonly seed: number; readonly verbose: boolean } {
  return {
    manifest, model: options.model ?? null, json: options.json ?? false, raw: options.raw ?? false, split: options.split ?? null, dataRoot: options.dataRoot ?? null,
    columns: options.column ?? {}, labels: options.map ?? {}, seed: options.seed, verbose: options.verbose ?? false,
  };
}

export function addEval(program: Command, context: ProgramContext): void {
  interface Options extends ManifestOptions { diarization?: string; compare?: string; report?: string; groupBy?: string; resamples: number }
  takingManifest(program.command('eval').description('measure a model on labelled recordings: WA, UA, F1, confusion, calibration, with 95 % intervals by speaker'))
    .option('--diarization <reference.rttm>', 'score a diarization instead: the argument is then the hypothesis, also RTTM; DER with collars of 0 and 0.25 s')
    .option('--compare <id>', 'another model for the same recordings: McNemar\'s test and the difference with its interval')
    .option('--report <dir>', 'write report.html, report.json and items.csv').option('--group-by <column>', 'figures for each value of a column as well, e.g. corpus')
    .addOption(new Option('--resamples <count>', 'bootstrap resamples').argParser(wholeNumber(100, 100_000)).default(2000))
    .action(run(context, ({ runtime, terminal }, options: Options, [manifest = '']) => options.diarization !== undefined ? diarizationEvalCommand(terminal, { reference: options.diarization, hypothesis: manifest, json: options.json ?? false }) : evalCommand(runtime, terminal, {
      ...manifestArguments(manifest, options), compare: options.compare ?? null, report: options.report ?? null, groupBy: options.groupBy ?? null, resamples: options.resamples,
    })));
}

export function addCalibrate(program: Command, context: ProgramContext): void {
  interface Options extends ManifestOptions { coverage: number; risk: number; bias?: true; write?: true }
  takingManifest(program.command('calibrate').description('fit confidence, prediction sets and abstention to labelled recordings, and say how they hold on speakers left out'))
    .addOption(new Option('--coverage <share>', 'share of prediction sets that hold the truth').argParser(share).default(0.9))
    .addOption(new Option('--risk <share>', 'share of answers that may be wrong; below the confidence that promises it, Undertone abstains').argParser(share).default(0.3))
    .option('--bias', 'fit a bias for each class as well; the label never changes').option('--write', 'write it into the model\'s manifest')
    .action(run(context, ({ runtime, terminal }, options: Options, [manifest = '']) => calibrateCommand(runtime, terminal, {
      ...manifestArguments(manifest, options), coverage: options.coverage, risk: options.risk, withBias: options.bias ?? false, write: options.write ?? false,
    })));
}
