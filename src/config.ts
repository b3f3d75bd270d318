import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { UndertoneError } from './domain/errors.js';
import type { Settings } from './domain/settings.js';

type Environment = Readonly<Record<string, string | undefined>>;

const integer = (minimum: number, maximum: number, fallback: number) => z.coerce.number().int().min(minimum).max(maximum).default(fallback);
const flag = (fallback: boolean) => z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1').default(fallback);
const MEBIBYTE = 1024 * 1024;

/** Every setting: its variable, what is allowed and its default. The README's table is checked against these names. */
const SETTINGS = {
  UNDERTONE_DATA_DIR: z.string().min(1).default('./data').transform((path) => resolve(path)),
  UNDERTONE_HOST: z.string().min(1).default('127.0.0.1'),
  UNDERTONE_PORT: integer(0, 65_535, 4000),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://').optional(),
  UNDERTONE_STORAGE_URL: z.string().regex(/^file:\/\//, 'must begin with file://').optional(),
  UNDERTONE_ADMIN_KEY: z.string().min(24, 'must have at least 24 characters').optional(),
  UNDERTONE_MAX_UPLOAD_BYTES: integer(1024, 64 * 1024 * MEBIBYTE, 2048 * MEBIBYTE),
  UNDERTONE_MAX_AUDIO_SECONDS: integer(1, 24 * 3600, 4 * 3600),
  UNDERTONE_MAX_RAW_SECONDS: integer(1, 600, 120),
  UNDERTONE_MAX_PAGE_SIZE: integer(10, 1000, 200),
  UNDERTONE_MIN_FREE_BYTES: integer(0, Number.MAX_SAFE_INTEGER, 512 * MEBIBYTE),
  UNDERTONE_ANALYZE_WAIT_MS: integer(1000, 3_600_000, 120_000),
  UNDERTONE_DECODE_TIMEOUT_MS: integer(1000, 3_600_000, 600_000),
  UNDERTONE_WORKER_CONCURRENCY: integer(1, 64, 2),
  UNDERTONE_DEFAULT_MODEL: z.string().min(1).optional(),
  UNDERTONE_MODEL_HOSTS: integer(1, 64, 1),
  UNDERTONE_MODEL_THREADS: integer(1, 256, Math.max(1, Math.min(4, availableParallelism()))),
  UNDERTONE_MODEL_IDLE_MS: integer(1000, 86_400_000, 600_000),
  UNDERTONE_PROVIDER: z.enum(['auto', 'cpu', 'cuda', 'webgpu']).default('auto'),
  UNDERTONE_MAX_QUEUE_LENGTH: integer(1, 100_000, 256),
  UNDERTONE_MAX_QUEUED_ANALYSES: integer(1, 10_000_000, 10_000),
  UNDERTONE_INTROSPECTION: flag(true),
  UNDERTONE_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  UNDERTONE_ABSTAIN_BELOW: z.coerce.number().min(0).max(1).default(0.4),
  UNDERTONE_MIN_UPLOAD_BYTES_PER_SECOND: integer(0, 1024 * MEBIBYTE, 1024),
  UNDERTONE_MODEL_SOURCES: z.string().default('huggingface,modelscope').transform((text) => text.split(',').map((name) => name.trim())).pipe(z.array(z.enum(['huggingface', 'modelscope'])).min(1)),
  UNDERTONE_HUGGINGFACE_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  UNDERTONE_MODELSCOPE_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  UNDERTONE_DOWNLOAD_PROXY: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  UNDERTONE_KEY_FILE: z.string().min(1).transform((path) => resolve(path)).optional(),
  UNDERTONE_WORKSPACE_KEY: z.string().min(1).optional(),
  UNDERTONE_PLUGINS_FILE: z.string().min(1).optional(),
} as const;

/** What a model host may see of the environment: where an accelerator's libraries are, and nothing else. */
const HOST_VARIABLES = ['LD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES', 'SystemRoot'] as const;

function hostEnvironmentOf(environment: Environment): Record<string, string> {
  return Object.fromEntries(HOST_VARIABLES.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])));
}

/**
 * Libraries put what they receive into the system's temporary folder; everything that is written must lie under the data
 * folder. To be called once the database is open: its socket needs a short path.
 */
export function keepTemporaryFilesIn(folder: string): void {
  process.env['TMPDIR'] = folder;
}

export const SETTING_NAMES: readonly string[] = Object.keys(SETTINGS);

/**
 * Settings from the environment and a `.env` file in the working folder; the environment wins.
 * Throws CONFIG_INVALID naming the setting and what is allowed, never its value: values can be secrets.
 */
export function readSettings(environment: Environment = process.env, dotEnvPath = '.env'): Settings {
  const fromFile = existsSync(dotEnvPath) ? parseEnv(readFileSync(dotEnvPath, 'utf8')) : {};
  const merged: Record<string, string | undefined> = { ...fromFile, ...environment };
  const unknown = Object.keys(merged).filter((name) => name.startsWith('UNDERTONE_') && !SETTING_NAMES.includes(name));
  if (unknown.length > 0) {
    throw new UndertoneError('CONFIG_INVALID', `Unknown setting ${unknown.join(', ')}. Allowed are: ${SETTING_NAMES.join(', ')}.`);
  }
  const given = Object.fromEntries(SETTING_NAMES.map((name) => [name, merged[name] === '' ? undefined : merged[name]]));
  const parsed = z.object(SETTINGS).safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${describeIssue(issue)}`);
    throw new UndertoneError('CONFIG_INVALID', `Settings are not valid. ${problems.join('; ')}.`);
  }
  return { ...toSettings(parsed.data), hostEnvironment: hostEnvironmentOf(merged) };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_small') return `must be at least ${String(issue.minimum)}${issue.origin === 'string' ? ' characters long' : ''}`;
  if (issue.code === 'too_big') return `must be at most ${String(issue.maximum)}`;
  if (issue.code === 'invalid_format') return issue.message;
  return issue.code === 'invalid_type' ? `must be a ${issue.expected === 'int' ? 'whole number' : issue.expected}` : issue.code;
}

function toSettings(values: z.infer<z.ZodObject<typeof SETTINGS>>): Omit<Settings, 'hostEnvironment'> {
  return {
    dataDir: values.UNDERTONE_DATA_DIR,
    host: values.UNDERTONE_HOST,
    port: values.UNDERTONE_PORT,
    databaseUrl: values.DATABASE_URL ?? null,
    storageUrl: values.UNDERTONE_STORAGE_URL ?? null,
    adminKey: values.UNDERTONE_ADMIN_KEY ?? null,
    maxUploadBytes: values.UNDERTONE_MAX_UPLOAD_BYTES,
    maxAudioSeconds: values.UNDERTONE_MAX_AUDIO_SECONDS,
    maxRawSeconds: values.UNDERTONE_MAX_RAW_SECONDS,
    maxPageSize: values.UNDERTONE_MAX_PAGE_SIZE,
    minFreeBytes: values.UNDERTONE_MIN_FREE_BYTES,
    analyzeWaitMs: values.UNDERTONE_ANALYZE_WAIT_MS,
    decodeTimeoutMs: values.UNDERTONE_DECODE_TIMEOUT_MS,
    workerConcurrency: values.UNDERTONE_WORKER_CONCURRENCY,
    defaultModel: values.UNDERTONE_DEFAULT_MODEL ?? null,
    modelHosts: values.UNDERTONE_MODEL_HOSTS,
    modelThreads: values.UNDERTONE_MODEL_THREADS,
    modelIdleMs: values.UNDERTONE_MODEL_IDLE_MS,
    provider: values.UNDERTONE_PROVIDER,
    maxQueueLength: values.UNDERTONE_MAX_QUEUE_LENGTH,
    maxQueuedAnalyses: values.UNDERTONE_MAX_QUEUED_ANALYSES,
    introspection: values.UNDERTONE_INTROSPECTION,
    logLevel: values.UNDERTONE_LOG_LEVEL,
    abstainBelow: values.UNDERTONE_ABSTAIN_BELOW,
    minUploadBytesPerSecond: values.UNDERTONE_MIN_UPLOAD_BYTES_PER_SECOND,
    modelSources: values.UNDERTONE_MODEL_SOURCES,
    huggingFaceUrl: values.UNDERTONE_HUGGINGFACE_URL ?? null,
    modelScopeUrl: values.UNDERTONE_MODELSCOPE_URL ?? null,
    downloadProxy: values.UNDERTONE_DOWNLOAD_PROXY ?? null,
    keyFile: values.UNDERTONE_KEY_FILE ?? null,
    workspaceKey: values.UNDERTONE_WORKSPACE_KEY ?? null,
    pluginsFile: values.UNDERTONE_PLUGINS_FILE ?? null,
  };
}
