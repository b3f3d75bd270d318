import type { AnalysisOutcome, AnalysisWarning } from '../domain/analysis.js';
import type { DomainEvent, DomainEventKind } from '../domain/events.js';
import type { PcmSource } from '../domain/pcm.js';
import type { ScheduledTask } from '../domain/scheduled-task.js';
import type { SpokenStretch } from '../domain/speaker-turns.js';

/** Raised when something here changes in a way that old plugins would notice. */
export const PLUGIN_API_VERSION = 1;

/** What a plugin package exports as `default`. `settings` is the plugin's own part of the plugins file, unchecked. */
export type PluginFactory = (settings: unknown) => UndertonePlugin;

export interface UndertonePlugin {
  /** Unique, kebab-case; shown in warnings, logs and metrics. */
  readonly name: string;
  /** PLUGIN_API_VERSION that it was written for. */
  readonly apiVersion: number;
  /** Names of plugins that must be registered before. */
  readonly dependsOn?: readonly string[];
  /** The only time at which the host accepts additions. A throw is PLUGIN_INVALID at boot. */
  register(host: PluginHost): void | Promise<void>;
  /** Called in reverse order of registration; the signal fires at the deadline. */
  stop?(signal: AbortSignal): void | Promise<void>;
}

export interface PluginLog {
  info(message: string): void;
  warn(message: string): void;
}

/** Open only during `register`: a call after it throws PLUGIN_INVALID. */
export interface PluginHost {
  readonly log: PluginLog;
  addStep(step: AnalysisStep): void;
  /** A listener can neither veto nor break what happened; what it throws is logged under the plugin's name. */
  listen<K extends DomainEventKind>(kind: K, listener: (event: Extract<DomainEvent, { kind: K }>) => void): void;
  addTask(task: ScheduledTask): void;
  /** Tells voices apart for `speakers: AUTO`. A plugin's own takes the place of the built-in one; two of them are PLUGIN_INVALID. */
  addDiarizer(diarizer: Diarizer): void;
}

/** Says who speaks when on one channel. Shown in `capabilities`. */
export interface Diarizer {
  /** Kebab-case, for logs and warnings. */
  readonly id: string;
  /** Null when it can work now; otherwise why it cannot and what to do, for people. Asked often: it must be cheap. */
  unavailable(): string | null;
  /** Mono at 16 kHz. A failure costs the analysis its speakers (a warning), never its result. */
  diarize(pcm: PcmSource, options: DiarizeOptions): Promise<readonly SpokenStretch[]>;
}

export interface DiarizeOptions {
  /** Null: to be estimated. */
  readonly speakerCount: number | null;
  readonly signal: AbortSignal;
}

/** Runs once a recording, after the model and before the results are stored. It sees everything and adds warnings. */
export interface AnalysisStep {
  /** Unique within the plugin. */
  readonly id: string;
  readonly stage: 'afterPrediction';
  /** Past it the step's signal fires and the step counts as failed. */
  readonly deadlineMs: number;
  /** `warning`: the analysis goes on and carries PLUGIN_FAILED with the plugin's name. `fatal`: it fails. */
  readonly onFailure: 'warning' | 'fatal';
  run(outcome: AnalysisOutcome, context: { readonly signal: AbortSignal }): Promise<{ readonly warnings?: readonly AnalysisWarning[] }>;
}
