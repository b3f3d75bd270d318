import { readFile } from 'node:fs/promises';
import { UndertoneError } from '../domain/errors.js';
import type { Backtest } from '../services/rule-contracts.js';
import type { CliRuntime } from './cli-runtime.js';
import { print, printable, table } from './terminal.js';
import type { Terminal } from './terminal.js';
import { withServices } from './with-services.js';

export interface BacktestArguments {
  /** Id of a stored rule, or a JSON file with one. */
  readonly rule: string;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly json: boolean;
}

/** Runs a rule over stored analyses and says how often it would have fired, and on what. Writes nothing. */
export async function backtestRule(runtime: CliRuntime, terminal: Terminal, { rule, from, to, json }: BacktestArguments): Promise<number> {
  const target = rule.startsWith('rul_') ? { id: rule } : { definition: await readRule(rule) };
  return withServices(runtime, async ({ services, operator }) => {
    const result = await services.rules.backtest(operator, target, { from, to }, terminal.signal);
    await print(terminal.out, json ? `${JSON.stringify(result)}\n` : textOf(result));
    return 0;
  });
}

async function readRule(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UndertoneError('BAD_INPUT', `The rule ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}). Give the id of a stored rule (rul_…) or a JSON file.`, { field: 'rule' }, { cause: error });
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UndertoneError('BAD_INPUT', `The rule ${path} is not JSON: ${(error as Error).message}.`, { field: 'rule' }, { cause: error });
  }
}

function textOf(result: Backtest): string {
  const perHour = result.firingsPerHour === null ? '' : `, ${result.firingsPerHour.toFixed(2)} an hour`;
  const lines = [
    `${result.firingCount} firings in ${result.firedAnalysisCount} of ${result.analysisCount} analyses (${result.segmentCount} segments${perHour}); ${result.suppressedCount} left out by the cool-down.`,
    result.precision === null
      ? `No precision: ${result.precisionReason ?? ''}`
      : `Precision ${result.precision.value.toFixed(2)} (95 % ${result.precision.low.toFixed(2)}–${result.precision.high.toFixed(2)}) over ${result.precision.reviewedCount} reviewed firings.`,
    ...(result.nextAfter === null ? [] : [`More analyses follow: narrow the range with --from and --to.`]),
  ];
  const rows = result.examples.map((example) => [example.analysisId, example.startSeconds.toFixed(1), example.endSeconds.toFixed(1), printable(example.speakerKey ?? '–'), printable(String(example.trace.find((line) => line.seen !== null && line.condition !== 'all' && line.condition !== 'any')?.seen ?? ''))]);
  return `${lines.join('\n')}\n${rows.length === 0 ? '' : `\n${table([['analysis', 'from s', 'to s', 'voice', 'seen'], ...rows])}`}`;
}
