/** All settings, parsed once by src/config.ts. Nothing else reads the environment. */
export interface Settings {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | null;
  readonly storageUrl: string | null;
  readonly adminKey: string | null;
  readonly maxUploadBytes: number;
  readonly maxAudioSeconds: number;
  readonly maxRawSeconds: number;
  readonly maxPageSize: number;
  readonly minFreeBytes: number;
  readonly analyzeWaitMs: number;
  readonly decodeTimeoutMs: number;
  readonly workerConcurrency: number;
  readonly defaultModel: string | null;
  readonly modelHosts: number;
  readonly modelThreads: number;
  readonly modelIdleMs: number;
  readonly provider: 'auto' | 'cpu' | 'cuda' | 'webgpu';
  readonly maxQueueLength: number;
  readonly maxQueuedAnalyses: number;
  readonly introspection: boolean;
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
  /** JSON list of plugins to load, or null for none. */
  readonly pluginsFile: string | null;
}
