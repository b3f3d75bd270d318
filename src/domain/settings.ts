import type { NoticeSeverity } from './notice.js';
import type { RoleRule } from './speaker-roles.js';

/** `auto`: the strongest that works here; `required`: nothing weaker than namespaces without a network; `off`: limits alone. */
export type DecoderConfinementMode = 'auto' | 'required' | 'off';

/** How a bucket is reached; of no account for files. */
export interface StorageAccess {
  /** Null: AWS itself. */
  readonly endpoint: string | null;
  readonly region: string;
  /** `endpoint/bucket` instead of `bucket.endpoint`. */
  readonly pathStyle: boolean;
  /** Null: the AWS credential chain. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  /** Server-side encryption that is asked for with every object; null: the bucket's own rule. */
  readonly encryption: 'AES256' | 'aws:kms' | null;
  readonly kmsKeyId: string | null;
  /** Downloads are sent on to presigned addresses of the bucket instead of through the API. */
  readonly directDownloads: boolean;
}

/** Who writes down what is said, and what words are read by. */
export interface TranscriptionSettings {
  /** `auto`, `none` or the id of a transcriber. */
  readonly transcriber: string;
  /** Id of an installed speech model, or the name that the remote service knows its model by; null: the first by id, `whisper-1`. */
  readonly model: string | null;
  /** Of an OpenAI-compatible service, up to and without `/audio/transcriptions`; null: none. */
  readonly url: string | null;
  readonly key: string | null;
  /** Whether the service may be at a private or loopback address. */
  readonly allowPrivate: boolean;
  /** Of one segment. */
  readonly timeoutMs: number;
  readonly lexiconFiles: readonly string[];
  /** A folder with a text classifier beside the lexicons; null: none. */
  readonly textModelDir: string | null;
}

/** For each key (failed keys: each address); 0: no limit. */
export interface RateLimits {
  readonly requests: number;
  readonly queryCost: number;
  readonly uploadBytes: number;
  readonly failedKeys: number;
}

/** What each key and each workspace may have analysed; 0: no limit. */
export interface AnalysisLimitSettings {
  /** Minutes of audio an hour. */
  readonly keyAudioMinutes: number;
  readonly workspaceAudioMinutes: number;
  /** Analyses that wait or run. */
  readonly keyConcurrent: number;
  readonly workspaceConcurrent: number;
}

/** What leaves the house, and how far it may go. */
export interface WebhookSettings {
  readonly allowHttp: boolean;
  /** Addresses and networks that may be called although they are not public; `loopback`, `linklocal`, `uniquelocal` stand for theirs. */
  readonly allowedNetworks: readonly string[];
  readonly timeoutMs: number;
  /** Deliveries at once in one process. */
  readonly concurrency: number;
  readonly logDays: number;
}

/** Whose tokens are let in beside API keys. */
export interface OidcSettings {
  readonly issuer: string;
  readonly audience: string;
  /** Claim (or path of claims) with one of our roles, or a list of names that has some. */
  readonly roleClaim: string;
  /** Claim with the id of the workspace; null: everybody is in the first one. */
  readonly workspaceClaim: string | null;
}

/** Where people are told of alerts; null: nowhere. */
export interface NotifierSettings {
  readonly mail: { readonly url: string; readonly from: string; readonly to: readonly string[]; readonly atLeast: NoticeSeverity } | null;
  readonly chat: { readonly url: string; readonly atLeast: NoticeSeverity } | null;
}

/** All settings, parsed once by src/config.ts. Nothing else reads the environment. */
export interface Settings {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | null;
  readonly storageUrl: string | null;
  readonly storage: StorageAccess;
  readonly adminKey: string | null;
  readonly maxUploadBytes: number;
  readonly maxAudioSeconds: number;
  readonly maxRawSeconds: number;
  /** Of the source; more are refused with AUDIO_LIMIT_EXCEEDED, as are rates outside the two below. */
  readonly maxAudioChannels: number;
  readonly minSampleRateHz: number;
  readonly maxSampleRateHz: number;
  readonly maxPageSize: number;
  readonly minFreeBytes: number;
  /** Free space under which the policies' due work is done at once; 0: the disk is not watched. */
  readonly lowDiskBytes: number;
  /** How long events of the audit log are kept; 0: for ever. */
  readonly auditDays: number;
  readonly analyzeWaitMs: number;
  readonly decodeTimeoutMs: number;
  readonly decoderConfinement: DecoderConfinementMode;
  readonly workerConcurrency: number;
  /** How long running requests and analyses may go on once the process was asked to stop; what is left then goes back to the queue. */
  readonly drainMs: number;
  readonly defaultModel: string | null;
  readonly modelHosts: number;
  readonly modelThreads: number;
  /** Threads of the host that only interactive work gets; 0: none. */
  readonly interactiveThreads: number;
  readonly modelIdleMs: number;
  readonly provider: 'auto' | 'cpu' | 'cuda' | 'webgpu';
  readonly maxQueueLength: number;
  readonly maxQueuedAnalyses: number;
  readonly introspection: boolean;
  /** PEM files; null: plain HTTP. */
  readonly tls: { readonly certPath: string; readonly keyPath: string } | null;
  /** Addresses and networks whose `X-Forwarded-…` headers are believed; empty: nobody's. */
  readonly trustedProxies: readonly string[];
  /** The operator's word that a proxy with TLS stands in front. */
  readonly behindProxy: boolean;
  /** Pages of other origins that may read answers; empty: none. */
  readonly corsOrigins: readonly string[];
  readonly rateLimits: RateLimits;
  readonly analysisLimits: AnalysisLimitSettings;
  /** Null: API keys alone. */
  readonly oidc: OidcSettings | null;
  /** JSON file of the only documents that run, by their SHA-256; null: any. */
  readonly trustedDocumentsFile: string | null;
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  readonly abstainBelow: number;
  /** Upload rate below which a slow sender is cut, bytes a second. */
  readonly minUploadBytesPerSecond: number;
  /** Where `models pull` looks, in this order. */
  readonly modelSources: readonly ('huggingface' | 'modelscope')[];
  /** Mirrors that stand in for the sources' own hosts. */
  readonly huggingFaceUrl: string | null;
  readonly modelScopeUrl: string | null;
  readonly downloadProxy: string | null;
  /** Variables that model hosts are given (an accelerator's libraries). */
  readonly hostEnvironment: Readonly<Record<string, string>>;
  /** File of the keys that data keys are wrapped with; null: `encryption.key` in the data folder. */
  readonly keyFile: string | null;
  /** The same keys as a setting (`utk_…`, several with commas, the first one current); wins over the file. */
  readonly workspaceKey: string | null;
  /** Roles of speakers where a request names none. */
  readonly speakerRoles: RoleRule | null;
  /** Which installed diarization model is used; null: the first by id. */
  readonly diarizationModel: string | null;
  /** Longest recording whose speakers are told apart by voice. */
  readonly maxDiarizationSeconds: number;
  readonly transcription: TranscriptionSettings;
  /** JSON list of plugins to load, or null for none. */
  readonly pluginsFile: string | null;
  /** What signed links are made with, where several API processes share one address; null: each makes its own. */
  readonly linkSecret: string | null;
  readonly webhooks: WebhookSettings;
  readonly notifiers: NotifierSettings;
  /** Where a worker alone shows its health and metrics; null: nowhere. */
  readonly workerPort: number | null;
  /** Where spans are posted to over OTLP/HTTP; null: nothing is traced. */
  readonly tracesUrl: string | null;
}
