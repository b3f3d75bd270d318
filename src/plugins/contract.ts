import type { AnalysisOptions, AnalysisOutcome, AnalysisWarning, SegmentResult } from '../domain/analysis.js';
import type { Fact, FactKind } from '../domain/events.js';
import type { JsonValue } from '../domain/json.js';
import type { PcmSource } from '../domain/pcm.js';
import type { Principal, Role } from '../domain/principal.js';
import type { AnalysisRecord, RecordingRecord, SegmentRecord, SpeakerRecord } from '../domain/records.js';
import type { ScheduledTask } from '../domain/scheduled-task.js';
import type { SpokenStretch } from '../domain/speaker-turns.js';

/** Raised when something here changes in a way that old plugins would notice. */
export const PLUGIN_API_VERSION = 1;

/**
 * What a plugin package exports as `default`. Where it has a `settings` schema, what the plugins file gives is checked by
 * it first and the factory gets the typed result; without one it gets the value as it is written there.
 */
export interface PluginFactory<S = unknown> {
  (settings: S): UndertonePlugin;
  readonly settings?: SettingsSchema<S>;
}

/** A factory whose settings are of any type. */
export interface AnyPluginFactory {
  (settings: never): UndertonePlugin;
  readonly settings?: SettingsSchema<unknown>;
}

/** Any zod schema (3 or 4, of the plugin's own copy) has this shape. */
export interface SettingsSchema<S> {
  safeParse(value: unknown): { readonly success: true; readonly data: S } | { readonly success: false; readonly error: { readonly issues: readonly SettingsIssue[] } };
}
export interface SettingsIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Joins a settings schema and the function that makes the plugin, with the types in agreement. */
export function definePlugin<S>(definition: { readonly settings: SettingsSchema<S>; create(settings: S): UndertonePlugin }): PluginFactory<S> {
  return Object.assign((settings: S) => definition.create(settings), { settings: definition.settings });
}

export interface UndertonePlugin {
  /** Unique, kebab-case; shown in warnings, logs and metrics. */
  readonly name: string;
  /** PLUGIN_API_VERSION that it was written for. */
  readonly apiVersion: number;
  /** Its own version, `MAJOR.MINOR.PATCH`; needed only where another plugin depends on a major of it. */
  readonly version?: string;
  /** Plugins that must be registered before: `name`, or `name@MAJOR`. */
  readonly dependsOn?: readonly string[];
  /** The only time at which the host accepts additions; 60 s long at most. A throw is PLUGIN_INVALID at boot. */
  register(host: PluginHost): void | Promise<void>;
  /** Called in reverse order of registration; the signal fires at the deadline of 5 s, which all plugins share. */
  stop?(signal: AbortSignal): void | Promise<void>;
}

export interface PluginLog {
  info(message: string): void;
  warn(message: string): void;
}

/** Additions are taken only during `register`: a later call throws PLUGIN_INVALID. `log`, `store` and `data` stay usable. */
export interface PluginHost {
  readonly log: PluginLog;
  readonly store: PluginStore;
  readonly data: PluginData;
  addStep(step: AnalysisStep): void;
  /**
   * Hears a fact in this process, at once and at most once. It can neither veto nor break what happened; what it throws
   * is logged under the plugin's name.
   */
  listen<K extends FactKind>(kind: K, listener: (fact: Fact<K>) => unknown): void;
  /** Hears a fact from the queue: at least once, also after the process was killed in between, tried again on failure. */
  listenDurably<K extends FactKind>(kind: K, listener: DurableListener<K>): void;
  addTask(task: ScheduledTask): void;
  addGraphql(addition: GraphqlAddition): void;
  /** A folder of model folders, each with a `manifest.json` (docs/models.md). */
  addModels(folder: string): void;
  addTranscriber(transcriber: Transcriber): void;
  /** Tells voices apart for `speakers: AUTO`. A plugin's own takes the place of the built-in one; two of them are PLUGIN_INVALID. */
  addDiarizer(diarizer: Diarizer): void;
  addNotifier(notifier: Notifier): void;
}

// ── facts ────────────────────────────────────────────────────────────────────

export { FACT_KINDS, type Fact, type FactKind } from '../domain/events.js';

export interface DurableListener<K extends FactKind = FactKind> {
  /** Unique within the plugin, and kept over releases: waiting deliveries find their listener by it. */
  readonly id: string;
  readonly deadlineMs: number;
  /** May be called more than once for one fact; a throw is another try with back-off. */
  run(fact: Fact<K>, context: { readonly signal: AbortSignal; readonly isLastAttempt: boolean }): Promise<void>;
}

// ── what a plugin may read and keep ──────────────────────────────────────────

/** Rows of the plugin's own, apart from those of other plugins and workspaces. Keys have 1 to 200 characters, values at most 256 KiB of JSON. */
export interface PluginStore {
  get(workspaceId: string, key: string): Promise<JsonValue | undefined>;
  set(workspaceId: string, key: string, value: JsonValue): Promise<void>;
  delete(workspaceId: string, key: string): Promise<boolean>;
  /** In the order of keys; at most 1,000. Go on with `after` the last key. */
  list(workspaceId: string, options?: { readonly prefix?: string; readonly after?: string }): Promise<readonly { readonly key: string; readonly value: JsonValue }[]>;
}

/** Stored things, read-only. Null where there is none in that workspace. */
export interface PluginData {
  recording(workspaceId: string, id: string): Promise<RecordingRecord | null>;
  analysis(workspaceId: string, id: string): Promise<AnalysisRecord | null>;
  /** All of them in the order of time. */
  segments(workspaceId: string, analysisId: string): Promise<readonly SegmentRecord[]>;
  speakers(workspaceId: string, analysisId: string): Promise<readonly SpeakerRecord[]>;
  /** What this plugin's steps returned as `results` for that analysis. */
  result(workspaceId: string, analysisId: string, key: string): Promise<JsonValue | undefined>;
}

// ── analysis steps ───────────────────────────────────────────────────────────

export const STEP_STAGES = ['afterDecode', 'onSegments', 'afterPrediction'] as const;
export type StepStage = (typeof STEP_STAGES)[number];

interface StepBase {
  /** Unique within the plugin. */
  readonly id: string;
  /** Of one call. Past it the step's signal fires and the step counts as failed. */
  readonly deadlineMs: number;
  /** `warning`: the analysis goes on and carries PLUGIN_FAILED with the plugin's name. `fatal`: it fails. */
  readonly onFailure: 'warning' | 'fatal';
}
/** Once a recording, before the model. */
export interface AfterDecodeStep extends StepBase {
  readonly stage: 'afterDecode';
  run(decoded: DecodedRecording, context: StepContext): Promise<StepResult>;
}
/** Per segment in batches, in the order of time, once the model has judged them. */
export interface OnSegmentsStep extends StepBase {
  readonly stage: 'onSegments';
  /** Segments in one call, 1 to 1,000; 32 unless told. */
  readonly batchSize?: number;
  run(batch: SegmentBatch, context: StepContext): Promise<StepResult>;
}
/** Once a recording, before the results are stored. */
export interface AfterPredictionStep extends StepBase {
  readonly stage: 'afterPrediction';
  run(outcome: AnalysisOutcome, context: StepContext): Promise<StepResult>;
}
export type AnalysisStep = AfterDecodeStep | OnSegmentsStep | AfterPredictionStep;

export interface DecodedRecording {
  /** The mix, 16 kHz mono; not to be disposed of by the plugin, and not to be read after the analysis. */
  readonly pcm: PcmSource;
  readonly durationSeconds: number;
  readonly options: AnalysisOptions;
}
export interface SegmentBatch {
  readonly segments: readonly SegmentResult[];
  /** Samples of one of these segments by its index, of its speaker's channel where channels are apart. */
  read(segment: SegmentResult): Promise<Float32Array>;
}
export interface StepContext {
  readonly signal: AbortSignal;
  /** Shared by the steps of one plugin within one analysis; gone after it. */
  readonly notes: Map<string, unknown>;
}
/** Additions only: what a step is shown is a copy, and what the model said stays as it is. */
export interface StepResult {
  /** Codes begin with `PLUGIN_`. */
  readonly warnings?: readonly AnalysisWarning[];
  readonly segments?: readonly SegmentAddition[];
  /** Stored with the analysis in its transaction, under the plugin's name; 1 MiB of JSON a key at most. */
  readonly results?: Readonly<Record<string, JsonValue>>;
}
export interface SegmentAddition {
  /** `SegmentResult.index`. */
  readonly index: number;
  /** What is said in it. */
  readonly text?: string;
  /** How well words and voice agree, 0 to 1. */
  readonly agreement?: number;
}

// ── GraphQL ──────────────────────────────────────────────────────────────────

/** New types and fields in SDL (`extend type Query { … }`); whatever the core or another plugin has is refused at boot. */
export interface GraphqlAddition {
  readonly typeDefs: string;
  /** By type, then field. Fields without one read the property of their name. */
  readonly resolvers: Readonly<Record<string, Readonly<Record<string, FieldResolver>>>>;
}
export interface FieldResolver {
  /** The smallest role that may ask; the host checks it. */
  readonly role: Role;
  /** `args` as the SDL declares them; `root` is the record of src/domain/records.ts for types of the core. */
  resolve(root: unknown, args: Readonly<Record<string, unknown>>, call: PluginCall): unknown;
}
export interface PluginCall {
  readonly principal: Principal;
  readonly signal: AbortSignal;
}

// ── transcribers, diarizers, notifiers ───────────────────────────────────────

export interface Transcriber {
  readonly id: string;
  /** UNDERTONE errors of src/domain/errors.ts, or any other for a fault. */
  transcribe(pcm: PcmSource, options: { readonly language: string | null }, signal: AbortSignal): Promise<Transcription>;
}
export interface Transcription {
  /** BCP 47, or null where it is not known. */
  readonly language: string | null;
  readonly words: readonly TranscribedWord[];
}
export interface TranscribedWord {
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** 0 to 1, or null where the engine does not say. */
  readonly confidence: number | null;
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

export interface Notifier {
  readonly id: string;
  /** A throw is another try with back-off. */
  notify(notice: Notice, signal: AbortSignal): Promise<void>;
}
export interface Notice {
  /** The same on every try, so that a receiver can drop doubles. */
  readonly id: string;
  readonly workspaceId: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly title: string;
  readonly text: string;
}
