import type { AnalysisOutcome } from '../domain/analysis.js';
import type { Calibration } from '../domain/calibration.js';
import type { ModelManifest, Precision } from '../domain/model.js';
import type { PcmSource } from '../domain/pcm.js';
import type { Principal } from '../domain/principal.js';
import type { Settings } from '../domain/settings.js';
import type { EncryptionService } from '../services/encryption.service.js';
import type { RoleRule } from '../domain/speaker-roles.js';
import type { SpokenStretch } from '../domain/speaker-turns.js';
import type { ImportService, Services, WorkspaceAdministration } from '../services/service-contracts.js';

/** What the command needs of the platform; built in compose.ts, faked in tests. Everything is opened only when a command asks. */
export interface CliRuntime {
  readonly version: string;
  /** Parsed on the first call. Throws CONFIG_INVALID. */
  settings(): Settings;
  /** Decoder, voice activity, gate and model hosts; no database, so it works beside a running server. */
  openAnalyzer(): Promise<CliAnalyzer>;
  /** The models folder; starts no host. */
  openModels(): Promise<CliModels>;
  /** The use cases on the database. DATA_DIR_LOCKED while a server has the embedded one. */
  openServices(): Promise<CliServices>;
  /** API and, by default, the worker; resolves when it listens. */
  serve(options: { readonly withWorker: boolean }): Promise<RunningProcess>;
  /** The worker role alone; resolves when it takes jobs. Null: every installed model, as many jobs at once as the settings say. MODEL_UNKNOWN. */
  work(options: { readonly models: readonly string[] | null; readonly concurrency: number | null }): Promise<RunningProcess>;
  migrate(): Promise<MigrationReport>;
  /** Decodes a sound of its own and says how far ffmpeg is shut in here. DECODER_UNCONFINED, FFMPEG_MISSING. */
  checkConfinement(): Promise<'bubblewrap' | 'namespaces' | 'user' | 'limits'>;
  /** One round trip to the blob storage. STORAGE_FAILED. */
  pingStorage(): Promise<void>;
}

export interface AnalyzeFileOptions {
  /** Null: the default model. */
  readonly model: string | null;
  readonly raw: boolean;
  readonly speakers: 'none' | 'channels' | 'auto';
  /** With `auto`: how many there are; null: estimated. */
  readonly speakerCount?: number | null;
  /** Null: those of the settings. */
  readonly roles?: RoleRule | null;
  /** With `auto`: the caller's own diarization. */
  readonly stretches?: readonly SpokenStretch[];
  readonly wantFrames?: boolean;
  readonly signal?: AbortSignal;
  /** 0 to 1 over the whole file. */
  readonly onProgress?: (fraction: number) => void;
}

export interface FileAnalysis {
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  readonly outcome: AnalysisOutcome;
  /** The decoded samples, readable until `dispose`. */
  readonly pcm: PcmSource;
  /** Them as 16-bit mono WAV at 16 kHz. */
  writeWav(path: string): Promise<void>;
  /** Only when asked for; rows in the order of the segments, `frameCount` of each. */
  readonly frames: FrameTrack | null;
  dispose(): Promise<void>;
}

export interface FrameTrack {
  readonly hopSeconds: number;
  readonly rowCount: number;
  /** [rowCount, D] row-major; null unless frames were wanted: two hours of them are gigabytes. */
  readonly features: Float32Array | null;
  /** [rowCount, labels] row-major */
  readonly logits: Float32Array;
}

export interface CliAnalyzer {
  /** The labels of a model without loading it. MODEL_UNKNOWN; null: the default model. */
  describeModel(model: string | null): { readonly id: string; readonly version: string; readonly digest: string; readonly labels: readonly string[] };
  /** How many files may usefully be in work at once. */
  readonly concurrency: number;
  analyzeFile(path: string, options: AnalyzeFileOptions): Promise<FileAnalysis>;
  close(): Promise<void>;
}

export interface ModelListing {
  readonly id: string;
  /** Absent: an emotion model. A diarization model tells voices apart for `--speakers auto`, a speech model writes down what is said; neither has labels. */
  readonly kind?: 'diarization' | 'speech';
  readonly version: string;
  readonly name: string;
  readonly digest: string;
  readonly labels: readonly string[];
  readonly embeddingDimension: number;
  readonly sizeBytes: number;
  readonly license: string;
  readonly precision: Precision;
  /** `damaged`: its files have not the size that its manifest says. */
  readonly state: 'installed' | 'damaged';
  readonly isDefault: boolean;
  readonly calibrated: boolean;
  /** Of an int8 model against its float32 original. */
  readonly quantization: ModelManifest['quantization'] | null;
}

/** Something in the models folder that cannot be used. */
export interface UnusableListing {
  readonly id: string;
  /** `invalid`: the folder's manifest; `partial`: a download that has not ended. */
  readonly state: 'invalid' | 'partial';
  readonly problem: string;
  readonly sizeBytes: number;
}

export interface CliModels {
  list(): Promise<readonly ModelListing[]>;
  unusable(): Promise<readonly UnusableListing[]>;
  /** Hashes the files of a model and compares with its manifest; of an unusable one, what is wrong. */
  verify(id: string): Promise<{ readonly ok: boolean; readonly details: readonly string[] }>;
  remove(id: string): Promise<void>;
  /** Writes the calibration into the model's manifest, whole or not at all; running processes take it at their next start. */
  calibrate(id: string, calibration: Calibration): Promise<void>;
  import(options: { readonly id: string; readonly checkpoint: string; readonly tokens: string | null; readonly precision: Precision | 'auto'; readonly replace: boolean; readonly clips: string | null; readonly onProgress: (message: string) => void; readonly signal: AbortSignal }): Promise<ModelListing>;
  /** A user's own pair of models for `--speakers auto`. */
  importDiarization(options: { readonly id: string; readonly segmentation: string; readonly embedding: string; readonly replace: boolean }): Promise<ModelListing>;
  /** A user's own model that writes down what is said; `paths` by the role of the file. */
  importSpeech(options: { readonly id: string; readonly engine: 'sense-voice' | 'whisper' | 'paraformer'; readonly paths: Partial<Readonly<Record<'model' | 'encoder' | 'decoder' | 'tokens', string>>>; readonly replace: boolean }): Promise<ModelListing>;
  /** LICENSE_NOT_ACCEPTED when it was never accepted here and is not now. */
  pull(options: { readonly id: string; readonly acceptLicense: boolean; readonly precision: Precision | 'auto'; readonly replace: boolean; readonly clips: string | null; readonly onProgress: (message: string) => void; readonly signal: AbortSignal }): Promise<ModelListing>;
}

export interface CliServices {
  readonly services: Services;
  readonly encryption: EncryptionService;
  readonly imports: ImportService;
  readonly workspaces: WorkspaceAdministration;
  /** The operator at the machine: admin of the default workspace. */
  readonly operator: Principal;
  /** How far the database itself keeps workspaces apart. */
  readonly database: { readonly embedded: boolean; readonly hasWall: boolean; readonly wallKeepsIndexes: boolean };
  close(): Promise<void>;
}

export interface RunningProcess {
  /** Where it listens, e.g. `http://127.0.0.1:4000`; null for a worker. */
  readonly url: string | null;
  /** The first admin key, only when it was made in this start; shown once. */
  readonly newAdminKey: string | null;
  close(): Promise<void>;
}

export interface MigrationReport {
  readonly applied: readonly string[];
  readonly alreadyAppliedCount: number;
}
