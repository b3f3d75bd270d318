import { calibrationVersion, type Calibration } from '../domain/calibration.js';
import { UndertoneError } from '../domain/errors.js';
import { calibrationItems } from '../domain/evaluated-item.js';
import { crossValidate, fitCalibration, MIN_CALIBRATION_ITEMS, type CalibrationFigures } from '../domain/fit-calibration.js';
import type { CliRuntime } from './cli-runtime.js';
import { locate, readSource, type ManifestArguments } from './eval-manifest.js';
import { runItems } from './eval-run.js';
import { ProgressLine } from './progress-line.js';
import { painter, print, table } from './terminal.js';
import type { Terminal } from './terminal.js';

export interface CalibrateArguments extends ManifestArguments {
  readonly model: string | null;
  readonly json: boolean;
  readonly raw: boolean;
  readonly seed: number;
  readonly verbose: boolean;
  readonly coverage: number;
  readonly risk: number;
  readonly withBias: boolean;
  /** Into the manifest of the model. */
  readonly write: boolean;
}

/** Fits confidence, prediction sets and abstention, and says how each holds on speakers that were left out of the fit. */
export async function calibrateCommand(runtime: CliRuntime, terminal: Terminal, args: CalibrateArguments): Promise<number> {
  const source = await readSource(args);
  const analyzer = await runtime.openAnalyzer();
  try {
    const model = analyzer.describeModel(args.model);
    const { paths } = await locate(terminal, source, args, model.labels);
    const progress = new ProgressLine(terminal.err, { verbose: args.verbose });
    progress.begin(`${paths.size} recordings`);
    const results = await runItems(analyzer, paths, { model: args.model, raw: args.raw, signal: terminal.signal, onDone: (count) => progress.update(`${count}/${paths.size} recordings`, count / paths.size) });
    progress.end(`${paths.size} recordings`, 'done');
    const items = calibrationItems(results, model.labels);
    if (items.length < MIN_CALIBRATION_ITEMS) throw new UndertoneError('BAD_INPUT', `${items.length} recordings were judged; at least ${MIN_CALIBRATION_ITEMS} are needed to calibrate. Give more.`);
    const options = { coverage: args.coverage, risk: args.risk, withBias: args.withBias, seed: args.seed };
    const calibration = fitCalibration(items, model.labels, options);
    const heldOut = crossValidate(items, model.labels, options);
    if (args.write) await (await runtime.openModels()).calibrate(model.id, calibration);
    const version = calibrationVersion(calibration);
    const failed = results.filter(({ problem }) => problem !== null).length;
    await print(terminal.out, args.json ? `${JSON.stringify({ model: { id: model.id, version: model.version, digest: model.digest }, version, calibration, heldOut, failedCount: failed, written: args.write })}\n` : calibrationText(calibration, heldOut, args, painter(terminal.out)));
    if (args.write) await print(terminal.err, `Written into the manifest of ${model.id}: calibration ${version}\n`);
    return failed === 0 ? 0 : 1;
  } finally {
    await analyzer.close();
  }
}

function calibrationText(calibration: Calibration, heldOut: CalibrationFigures, { coverage, risk }: CalibrateArguments, paint: ReturnType<typeof painter>): string {
  const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
  const fitted = [
    ['version', calibrationVersion(calibration)], ['temperature', calibration.temperature.toFixed(4)],
    ...Object.entries(calibration.bias ?? {}).map(([label, value]) => [`bias of ${label}`, value.toFixed(3)]),
    ['prediction set', `labels of at least ${percent(calibration.setThreshold ?? 0)}`],
    ['abstains below', calibration.abstainBelow === undefined ? `no threshold promises a risk of ${percent(risk)} here: the setting decides` : percent(calibration.abstainBelow)],
  ];
  const held = [
    ['', 'plain', 'calibrated'],
    ['ECE', heldOut.plainExpectedCalibrationError.toFixed(3), heldOut.expectedCalibrationError.toFixed(3)],
    ['NLL', heldOut.plainNegativeLogLikelihood.toFixed(3), heldOut.negativeLogLikelihood.toFixed(3)],
    ['truth in the set', '', `${percent(heldOut.coverage)} (wanted ${percent(coverage)})`], ['labels in a set', '', heldOut.meanSetSize.toFixed(2)],
    ['answered', '', percent(heldOut.answeredShare)], ['wrong of those', '', heldOut.selectiveRisk === null ? '–' : `${percent(heldOut.selectiveRisk)} (wanted at most ${percent(risk)})`],
  ];
  return `${paint('bold', 'calibration')}  ${heldOut.itemCount} recordings of ${heldOut.speakerCount} speakers\n${table(fitted, [1])}\n${paint('bold', 'on speakers left out')} (five folds)\n${table(held, [1, 2])}\n`;
}
