import type { AnalysisOutcome, AnalysisWarning } from '../domain/analysis.js';
import { UndertoneError } from '../domain/errors.js';
import type { AnalysisStep } from './contract.js';

/** Failures in a row after which a step is left out for a while: a dead one must not cost its deadline every time. */
const FAILURES_TO_OPEN = 5;
const OPEN_MS = 60_000;

export interface RegisteredStep {
  readonly pluginName: string;
  readonly step: AnalysisStep;
}

/** Runs steps in order and returns the outcome with their warnings. Steps that fail are told, never thrown, unless fatal. */
export type StepRunner = (outcome: AnalysisOutcome, signal: AbortSignal) => Promise<AnalysisOutcome>;

export function createStepRunner(steps: readonly RegisteredStep[], onFailure: (pluginName: string) => void = () => undefined, now: () => number = Date.now): StepRunner {
  const circuits = new Map(steps.map((registered) => [registered, { failures: 0, openUntilMs: 0 }]));

  async function runOne(registered: RegisteredStep, outcome: AnalysisOutcome, signal: AbortSignal): Promise<readonly AnalysisWarning[]> {
    const { pluginName, step } = registered;
    const circuit = circuits.get(registered)!;
    if (circuit.openUntilMs > now()) return [failure(pluginName, `step ${step.id} is left out for a minute after ${FAILURES_TO_OPEN} failures in a row`)];
    try {
      const { warnings = [] } = await withDeadline(step, outcome, signal);
      circuit.failures = 0;
      return warnings.map((warning) => checkedWarning(pluginName, warning));
    } catch (error) {
      signal.throwIfAborted();
      onFailure(pluginName);
      circuit.failures += 1;
      if (circuit.failures >= FAILURES_TO_OPEN) {
        circuit.openUntilMs = now() + OPEN_MS;
        circuit.failures = 0;
      }
      const reason = error instanceof DeadlineError ? `step ${step.id} took longer than ${step.deadlineMs} ms` : `step ${step.id} failed`;
      if (step.onFailure === 'fatal') throw new UndertoneError('INTERNAL', `The plugin ${pluginName} is required for this analysis and ${reason}.`, { plugin: pluginName }, { cause: error });
      return [failure(pluginName, reason)];
    }
  }

  return async (outcome, signal) => {
    const added: AnalysisWarning[] = [];
    for (const registered of steps) added.push(...(await runOne(registered, outcome, signal)));
    return added.length === 0 ? outcome : { ...outcome, warnings: [...outcome.warnings, ...added] };
  };
}

class DeadlineError extends Error {}

/** A step that ignores its signal is abandoned: its promise may settle later and nobody listens. */
async function withDeadline(step: AnalysisStep, outcome: AnalysisOutcome, outer: AbortSignal): ReturnType<AnalysisStep['run']> {
  const inner = new AbortController();
  return new Promise((resolve, reject) => {
    const stop = (error: unknown): void => {
      inner.abort();
      reject(error instanceof Error ? error : new Error('aborted'));
    };
    const timer = setTimeout(() => stop(new DeadlineError()), step.deadlineMs);
    const onAbort = (): void => stop(outer.reason);
    outer.addEventListener('abort', onAbort, { once: true });
    // An async wrapper, so that a step that throws at once rejects like any other.
    (async () => step.run(outcome, { signal: inner.signal }))().then(resolve, reject).finally(() => {
      clearTimeout(timer);
      outer.removeEventListener('abort', onAbort);
    });
  });
}

function failure(pluginName: string, reason: string): AnalysisWarning {
  return { code: 'PLUGIN_FAILED', message: `The plugin ${pluginName} did not take part: ${reason}.` };
}

function checkedWarning(pluginName: string, warning: AnalysisWarning): AnalysisWarning {
  return warning.code.startsWith('PLUGIN_') ? warning : failure(pluginName, 'it gave a warning whose code does not begin with PLUGIN_');
}
