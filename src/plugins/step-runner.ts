import type { AnalysisOutcome, AnalysisWarning, PluginResult, SegmentResult } from '../domain/analysis.js';
import { UndertoneError } from '../domain/errors.js';
import type { StepFigures } from '../domain/plugin-figures.js';
import { Circuit, FAILURES_TO_OPEN } from './circuit.js';
import type { AnalysisStep, DecodedRecording, SegmentBatch, StepContext, StepResult } from './contract.js';
import { DeadlineError, withDeadline } from './deadline.js';
import { checkedResult } from './step-result.js';

const DEFAULT_BATCH = 32;

export interface RegisteredStep {
  readonly pluginName: string;
  readonly step: AnalysisStep;
}

/** The steps of all plugins for one analysis, in the order of its stages. Failures are told, never thrown, unless fatal. */
export interface AnalysisSteps {
  afterDecode(decoded: DecodedRecording, signal: AbortSignal): Promise<void>;
  onSegments(segments: readonly SegmentResult[], read: SegmentBatch['read'], signal: AbortSignal): Promise<void>;
  /** Runs the last steps and returns the outcome with everything that the steps of all stages added. */
  conclude(outcome: AnalysisOutcome, signal: AbortSignal): Promise<AnalysisOutcome>;
}

export interface StepRunner {
  begin(): AnalysisSteps;
  figures(): readonly StepFigures[];
}

export function createStepRunner(steps: readonly RegisteredStep[], now: () => number = Date.now, onFailure: (pluginName: string) => void = () => undefined): StepRunner {
  const circuits = new Map(steps.map((registered) => [registered, new Circuit(registered.pluginName, registered.step.id, now)]));
  return {
    begin: () => beginSteps(circuits, now, onFailure),
    figures: () => [...circuits.values()].map((circuit) => circuit.figures()),
  };
}

function beginSteps(circuits: ReadonlyMap<RegisteredStep, Circuit>, now: () => number, onFailure: (pluginName: string) => void): AnalysisSteps {
  const notes = new Map<string, Map<string, unknown>>();
  const warnings: AnalysisWarning[] = [];
  const texts = new Map<number, string>();
  const agreements = new Map<number, number>();
  const results = new Map<string, PluginResult>();

  const warn = (plugin: string, reason: string): void => {
    const warning = { code: 'PLUGIN_FAILED', message: `The plugin ${plugin} did not take part: ${reason}.` } as const;
    if (!warnings.some((one) => one.message === warning.message)) warnings.push(warning);
  };
  const notesOf = (plugin: string): Map<string, unknown> => {
    const own = notes.get(plugin) ?? new Map<string, unknown>();
    notes.set(plugin, own);
    return own;
  };
  function take(plugin: string, given: StepResult): void {
    const { taken, faults } = checkedResult(given);
    for (const fault of faults) warn(plugin, fault);
    warnings.push(...taken.warnings);
    for (const { index, text, agreement } of taken.segments) {
      if (text !== undefined) texts.set(index, text);
      if (agreement !== undefined) agreements.set(index, agreement);
    }
    for (const [key, value] of Object.entries(taken.results)) results.set(`${plugin}/${key}`, { plugin, key, value });
  }

  /** One call of one step; false when it did not take part. */
  async function call(registered: RegisteredStep, signal: AbortSignal, run: (context: StepContext) => Promise<StepResult>): Promise<boolean> {
    const { pluginName, step } = registered;
    const circuit = circuits.get(registered)!;
    if (!circuit.lets()) return refuse(registered, `step ${step.id} is left out for a minute after ${FAILURES_TO_OPEN} failures in a row`);
    const beganMs = now();
    try {
      const given = await withDeadline(step.deadlineMs, signal, (inner) => run({ signal: inner, notes: notesOf(pluginName) }));
      circuit.succeeded(now() - beganMs);
      take(pluginName, given);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      circuit.failed(now() - beganMs);
      onFailure(pluginName);
      return refuse(registered, error instanceof DeadlineError ? `step ${step.id} took longer than ${step.deadlineMs} ms` : `step ${step.id} failed`, error);
    }
  }
  function refuse({ pluginName, step }: RegisteredStep, reason: string, cause?: unknown): false {
    if (step.onFailure === 'fatal') throw new UndertoneError('INTERNAL', `The plugin ${pluginName} is required for this analysis and ${reason}.`, { plugin: pluginName }, { cause });
    warn(pluginName, reason);
    return false;
  }

  return {
    async afterDecode(decoded, signal) {
      for (const registered of circuits.keys()) {
        const { step } = registered;
        if (step.stage === 'afterDecode') await call(registered, signal, (context) => step.run(decoded, context));
      }
    },

    async onSegments(segments, read, signal) {
      for (const registered of circuits.keys()) {
        const { step } = registered;
        if (step.stage !== 'onSegments') continue;
        const batchSize = Math.min(1000, Math.max(1, step.batchSize ?? DEFAULT_BATCH));
        for (let from = 0; from < segments.length; from += batchSize) {
          const batch = { segments: structuredClone(segments.slice(from, from + batchSize)), read: (segment: SegmentResult) => read(known(segments, segment)) };
          // One batch that failed ends the step for this recording: a long one must not cost its deadline for each.
          if (!(await call(registered, signal, (context) => step.run(batch, context)))) break;
        }
      }
    },

    async conclude(outcome, signal) {
      for (const registered of circuits.keys()) {
        const { step } = registered;
        if (step.stage === 'afterPrediction') await call(registered, signal, (context) => step.run(structuredClone(withAdditions(outcome)), context));
      }
      return withAdditions(outcome);
    },
  };

  function withAdditions(outcome: AnalysisOutcome): AnalysisOutcome {
    const segments = texts.size + agreements.size === 0 ? outcome.segments : outcome.segments.map((segment) => ({
      ...segment,
      ...(texts.has(segment.index) ? { text: texts.get(segment.index)! } : {}),
      ...(agreements.has(segment.index) ? { agreement: agreements.get(segment.index)! } : {}),
    }));
    return { ...outcome, segments, warnings: [...outcome.warnings, ...warnings], ...(results.size === 0 ? {} : { pluginResults: [...results.values()] }) };
  }
}

/** By its index: what a plugin hands back may not be what it was given. */
function known(segments: readonly SegmentResult[], { index }: SegmentResult): SegmentResult {
  const segment = segments.find((one) => one.index === index);
  if (segment === undefined) throw new RangeError(`there is no segment ${index}`);
  return segment;
}
