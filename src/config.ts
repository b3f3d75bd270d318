import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { UndertoneError } from './domain/errors.js';
import { parseNetwork } from './domain/networks.js';
import { NOTICE_SEVERITIES } from './domain/notice.js';
import type { Settings } from './domain/settings.js';
import { parseRoleRule } from './domain/speaker-roles.js';
import { unknownSettings } from './domain/unknown-setting.js';
import { isSafeAddress } from './http/safe-listen.js';

type Environment = Readonly<Record<string, string | undefined>>;

const integer = (minimum: number, maximum: number, fallback: number) => z.coerce.number().int().min(minimum).max(maximum).default(fallback);
const flag = (fallback: boolean) => z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1').default(fallback);
const list = (item: z.ZodString) => z.string().default('').transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== '')).pipe(z.array(item));
/** An address, a network with its prefix, or a name of proxy-addr; never `*` or a whole address family, which would believe anybody. */
const network = z.string().refine((text) => ['loopback', 'linklocal', 'uniquelocal'].includes(text) || (parseNetwork(text)?.bits ?? 0) > 0, 'must be addresses or networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal');
const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, 'must be origins such as https://calls.example.org, without a path');
const MEBIBYTE = 1024 * 1024;

/**
 * Processes of a model for bulk work: one 1-thread process a core took less processor time and less time than one with
 * a thread a core (docs/decisions/0034). Not more than the memory holds in float32, and not more than work arrives for.
 */
const DEFAULT_HOSTS = Math.max(1, Math.min(8, availableParallelism(), Math.floor(totalmem() / (2048 * MEBIBYTE))));

/** Every setting: its variable, what is allowed and its default. The README's table is checked against these names. */
const SETTINGS = {
  UNDERTONE_DATA_DIR: z.string().min(1).default('./data').transform((path) => resolve(path)),
  UNDERTONE_HOST: z.string().min(1).default('127.0.0.1'),
  UNDERTONE_PORT: integer(0, 65_535, 4000),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://').optional(),
  UNDERTONE_STORAGE_URL: z.string().regex(/^(file:\/\/.+|s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w./-]*)?)$/, 'must be file:///FOLDER or s3://BUCKET/PREFIX').optional(),
  UNDERTONE_STORAGE_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  UNDERTONE_STORAGE_REGION: z.string().min(1).optional(),
  UNDERTONE_STORAGE_PATH_STYLE: z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1').optional(),
  UNDERTONE_STORAGE_ACCESS_KEY: z.string().min(1).optional(),
  UNDERTONE_STORAGE_SECRET_KEY: z.string().min(1).optional(),
  UNDERTONE_STORAGE_ENCRYPTION: z.enum(['none', 'AES256', 'aws:kms']).default('none'),
  UNDERTONE_STORAGE_KMS_KEY: z.string().min(1).optional(),
  UNDERTONE_STORAGE_DIRECT_DOWNLOADS: flag(false),
  UNDERTONE_ADMIN_KEY: z.string().min(24, 'must have at least 24 characters').optional(),
  UNDERTONE_MAX_UPLOAD_BYTES: integer(1024, 64 * 1024 * MEBIBYTE, 2048 * MEBIBYTE),
  UNDERTONE_MAX_AUDIO_SECONDS: integer(1, 24 * 3600, 4 * 3600),
  UNDERTONE_MAX_RAW_SECONDS: integer(1, 600, 60),
  UNDERTONE_MAX_AUDIO_CHANNELS: integer(1, 64, 64),
  UNDERTONE_MIN_SAMPLE_RATE_HZ: integer(1000, 16_000, 1000),
  UNDERTONE_MAX_SAMPLE_RATE_HZ: integer(16_000, 768_000, 768_000),
  UNDERTONE_MAX_PAGE_SIZE: integer(10, 1000, 200),
  UNDERTONE_MIN_FREE_BYTES: integer(0, Number.MAX_SAFE_INTEGER, 512 * MEBIBYTE),
  UNDERTONE_LOW_DISK_BYTES: integer(0, Number.MAX_SAFE_INTEGER, 2048 * MEBIBYTE),
  UNDERTONE_ANALYZE_WAIT_MS: integer(1000, 3_600_000, 120_000),
  UNDERTONE_DECODE_TIMEOUT_MS: integer(1000, 3_600_000, 600_000),
  UNDERTONE_DECODER_CONFINEMENT: z.enum(['auto', 'required', 'off']).default('auto'),
  UNDERTONE_WORKER_CONCURRENCY: integer(1, 64, 2),
  UNDERTONE_DRAIN_MS: integer(0, 3_600_000, 10_000),
  UNDERTONE_DEFAULT_MODEL: z.string().min(1).optional(),
  UNDERTONE_MODEL_HOSTS: integer(1, 64, DEFAULT_HOSTS),
  UNDERTONE_MODEL_THREADS: integer(1, 256, Math.max(1, Math.floor(availableParallelism() / DEFAULT_HOSTS))),
  UNDERTONE_INTERACTIVE_THREADS: integer(0, 256, Math.min(4, availableParallelism())),
  UNDERTONE_MODEL_IDLE_MS: integer(1000, 86_400_000, 600_000),
  UNDERTONE_PROVIDER: z.enum(['auto', 'cpu', 'cuda', 'webgpu']).default('auto'),
  UNDERTONE_MAX_QUEUE_LENGTH: integer(1, 100_000, 256),
  UNDERTONE_MAX_QUEUED_ANALYSES: integer(1, 10_000_000, 10_000),
  UNDERTONE_INTROSPECTION: flag(true),
  UNDERTONE_TLS_CERT: z.string().min(1).optional(),
  UNDERTONE_TLS_KEY: z.string().min(1).optional(),
  UNDERTONE_TRUSTED_PROXIES: list(network),
  UNDERTONE_BEHIND_PROXY: flag(false),
  UNDERTONE_CORS_ORIGINS: list(origin),
  UNDERTONE_REQUESTS_PER_MINUTE: integer(0, 10_000_000, 1200),
  UNDERTONE_QUERY_COST_PER_MINUTE: integer(0, 1_000_000_000, 2_000_000),
  UNDERTONE_UPLOAD_BYTES_PER_HOUR: integer(0, Number.MAX_SAFE_INTEGER, 0),
  UNDERTONE_FAILED_KEYS_PER_MINUTE: integer(0, 1_000_000, 30),
  UNDERTONE_KEY_AUDIO_MINUTES_PER_HOUR: integer(0, 1_000_000_000, 0),
  UNDERTONE_WORKSPACE_AUDIO_MINUTES_PER_HOUR: integer(0, 1_000_000_000, 0),
  UNDERTONE_KEY_CONCURRENT_ANALYSES: integer(0, 10_000_000, 0),
  UNDERTONE_WORKSPACE_CONCURRENT_ANALYSES: integer(0, 10_000_000, 0),
  UNDERTONE_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  UNDERTONE_ABSTAIN_BELOW: z.coerce.number().min(0).max(1).default(0.4),
  UNDERTONE_MIN_UPLOAD_BYTES_PER_SECOND: integer(0, 1024 * MEBIBYTE, 1024),
  UNDERTONE_MODEL_SOURCES: z.string().default('huggingface,modelscope').transform((text) => text.split(',').map((name) => name.trim())).pipe(z.array(z.enum(['huggingface', 'modelscope'])).min(1)),
  UNDERTONE_HUGGINGFACE_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  UNDERTONE_MODELSCOPE_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  UNDERTONE_DOWNLOAD_PROXY: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  UNDERTONE_KEY_FILE: z.string().min(1).transform((path) => resolve(path)).optional(),
  UNDERTONE_WORKSPACE_KEY: z.string().min(1).optional(),
  UNDERTONE_SPEAKER_ROLES: z.string().transform((text, context) => {
    try {
      return parseRoleRule(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'must be like left=agent,right=customer, first-speaker:agent,customer or talk-time:agent,customer' });
      return z.NEVER;
    }
  }).optional(),
  UNDERTONE_DIARIZATION_MODEL: z.string().min(1).optional(),
  UNDERTONE_MAX_DIARIZATION_SECONDS: integer(1, 4 * 3600, 2 * 3600),
  UNDERTONE_TRANSCRIBER: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be auto, none or the id of a transcriber').default('auto'),
  UNDERTONE_TRANSCRIBER_MODEL: z.string().min(1).optional(),
  UNDERTONE_TRANSCRIBER_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).refine((text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''), 'must have no name or password in it; the key goes into UNDERTONE_TRANSCRIBER_KEY').optional(),
  UNDERTONE_TRANSCRIBER_KEY: z.string().min(1).optional(),
  UNDERTONE_TRANSCRIBER_ALLOW_PRIVATE: flag(false),
  UNDERTONE_TRANSCRIBER_TIMEOUT_MS: integer(1000, 3_600_000, 120_000),
  UNDERTONE_LEXICON_FILES: z.string().default('').transform((text) => text.split(',').map((part) => part.trim()).filter((part) => part !== '').map((path) => resolve(path))),
  UNDERTONE_TEXT_MODEL: z.string().min(1).transform((path) => resolve(path)).optional(),
  UNDERTONE_PLUGINS_FILE: z.string().min(1).optional(),
  UNDERTONE_LINK_SECRET: z.string().min(24, 'must have at least 24 characters').optional(),
  UNDERTONE_WORKER_PORT: integer(0, 65_535, 0),
  UNDERTONE_AUDIT_DAYS: integer(0, 36_500, 0),
  UNDERTONE_WEBHOOK_HTTP: flag(false),
  UNDERTONE_WEBHOOK_ALLOW: list(network),
  UNDERTONE_WEBHOOK_TIMEOUT_MS: integer(1000, 60_000, 15_000),
  UNDERTONE_WEBHOOK_CONCURRENCY: integer(1, 256, 8),
  UNDERTONE_WEBHOOK_LOG_DAYS: integer(1, 3650, 30),
  UNDERTONE_SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'must be like smtp://user:password@mail.example.org:587, or smtps://…' }).optional(),
  UNDERTONE_MAIL_FROM: z.string().min(3).optional(),
  UNDERTONE_MAIL_TO: list(z.string().regex(/^[^\s@]+@[^\s@]+$/, 'must be addresses such as ops@example.org')),
  UNDERTONE_MAIL_SEVERITY: z.enum(NOTICE_SEVERITIES).default('warning'),
  UNDERTONE_SLACK_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
  UNDERTONE_SLACK_SEVERITY: z.enum(NOTICE_SEVERITIES).default('warning'),
  UNDERTONE_OIDC_ISSUER: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).refine((text) => isSafeAddress(new URL(text)), 'must be an https address (http only on this machine)').optional(),
  UNDERTONE_OIDC_AUDIENCE: z.string().min(1).optional(),
  UNDERTONE_OIDC_ROLE_CLAIM: z.string().min(1).default('roles'),
  UNDERTONE_OIDC_WORKSPACE_CLAIM: z.string().min(1).optional(),
  UNDERTONE_TRUSTED_DOCUMENTS: z.string().min(1).optional(),
  UNDERTONE_TRACES_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
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
  if (unknown.length > 0) throw unknownSettings(unknown, SETTING_NAMES);
  const given = Object.fromEntries(SETTING_NAMES.map((name) => [name, merged[name] === '' ? undefined : merged[name]]));
  const parsed = z.object(SETTINGS).safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${describeIssue(issue)}`);
    throw new UndertoneError('CONFIG_INVALID', `Settings are not valid. ${problems.join('; ')}.`);
  }
  return { ...toSettings(parsed.data), storage: storageOf(parsed.data, merged), oidc: oidcOf(parsed.data), tracesUrl: tracesUrlOf(parsed.data, merged), hostEnvironment: hostEnvironmentOf(merged) };
}

function tlsOf({ UNDERTONE_TLS_CERT: certPath, UNDERTONE_TLS_KEY: keyPath }: Values): Settings['tls'] {
  if (certPath === undefined && keyPath === undefined) return null;
  if (certPath === undefined || keyPath === undefined) throw new UndertoneError('CONFIG_INVALID', 'UNDERTONE_TLS_CERT and UNDERTONE_TLS_KEY belong together: set both, or neither for plain HTTP.');
  return { certPath, keyPath };
}

function notifiersOf(values: Values): Settings['notifiers'] {
  const { UNDERTONE_SMTP_URL: url, UNDERTONE_MAIL_FROM: from, UNDERTONE_MAIL_TO: to, UNDERTONE_MAIL_SEVERITY: mailAtLeast, UNDERTONE_SLACK_URL: slackUrl, UNDERTONE_SLACK_SEVERITY: slackAtLeast } = values;
  const given = [url !== undefined, from !== undefined, to.length > 0];
  if (given.some(Boolean) && !given.every(Boolean)) throw new UndertoneError('CONFIG_INVALID', 'UNDERTONE_SMTP_URL, UNDERTONE_MAIL_FROM and UNDERTONE_MAIL_TO belong together: set all three, or none for no mail.');
  return {
    mail: url === undefined || from === undefined ? null : { url, from, to, atLeast: mailAtLeast },
    chat: slackUrl === undefined ? null : { url: slackUrl, atLeast: slackAtLeast },
  };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_small') return `must be at least ${String(issue.minimum)}${issue.origin === 'string' ? ' characters long' : ''}`;
  if (issue.code === 'too_big') return `must be at most ${String(issue.maximum)}`;
  if (issue.code === 'invalid_format' || issue.code === 'custom') return issue.message;
  return issue.code === 'invalid_type' ? `must be a ${issue.expected === 'int' ? 'whole number' : issue.expected}` : issue.code;
}

type Values = z.infer<z.ZodObject<typeof SETTINGS>>;

/** Our own setting, else what OpenTelemetry's standard says: the address of traces as it is, or the collector's with its path. */
function tracesUrlOf(values: Values, environment: Environment): string | null {
  const { OTEL_SDK_DISABLED: disabled, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ofTraces, OTEL_EXPORTER_OTLP_ENDPOINT: ofCollector } = environment;
  if (disabled === 'true') return null;
  const given = values.UNDERTONE_TRACES_URL ?? ofTraces;
  if (given !== undefined && given !== '') return given;
  return ofCollector === undefined || ofCollector === '' ? null : `${ofCollector.replace(/\/+$/, '')}/v1/traces`;
}

function oidcOf(values: Values): Settings['oidc'] {
  const { UNDERTONE_OIDC_ISSUER: issuer, UNDERTONE_OIDC_AUDIENCE: audience, UNDERTONE_OIDC_ROLE_CLAIM: roleClaim, UNDERTONE_OIDC_WORKSPACE_CLAIM: workspaceClaim = null } = values;
  if (issuer === undefined && audience === undefined) return null;
  if (issuer === undefined || audience === undefined) throw new UndertoneError('CONFIG_INVALID', 'UNDERTONE_OIDC_ISSUER and UNDERTONE_OIDC_AUDIENCE belong together: without an audience, tokens for any other service of the issuer would be let in.');
  return { issuer, audience, roleClaim, workspaceClaim };
}

function storageOf(values: Values, environment: Environment): Settings['storage'] {
  const { UNDERTONE_STORAGE_ENDPOINT: endpoint, UNDERTONE_STORAGE_ACCESS_KEY: accessKeyId, UNDERTONE_STORAGE_SECRET_KEY: secretAccessKey, UNDERTONE_STORAGE_ENCRYPTION: encryption } = values;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new UndertoneError('CONFIG_INVALID', 'UNDERTONE_STORAGE_ACCESS_KEY and UNDERTONE_STORAGE_SECRET_KEY belong together: set both, or neither to use the AWS credential chain.');
  }
  if (values.UNDERTONE_STORAGE_KMS_KEY !== undefined && encryption !== 'aws:kms') {
    throw new UndertoneError('CONFIG_INVALID', 'UNDERTONE_STORAGE_KMS_KEY is for UNDERTONE_STORAGE_ENCRYPTION=aws:kms alone.');
  }
  return {
    endpoint: endpoint ?? null,
    region: values.UNDERTONE_STORAGE_REGION ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    pathStyle: values.UNDERTONE_STORAGE_PATH_STYLE ?? endpoint !== undefined,
    credentials: accessKeyId === undefined || secretAccessKey === undefined ? null : { accessKeyId, secretAccessKey },
    encryption: encryption === 'none' ? null : encryption,
    kmsKeyId: values.UNDERTONE_STORAGE_KMS_KEY ?? null,
    directDownloads: values.UNDERTONE_STORAGE_DIRECT_DOWNLOADS,
  };
}

function toSettings(values: Values): Omit<Settings, 'hostEnvironment' | 'storage' | 'tracesUrl' | 'oidc'> {
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
    maxAudioChannels: values.UNDERTONE_MAX_AUDIO_CHANNELS,
    minSampleRateHz: values.UNDERTONE_MIN_SAMPLE_RATE_HZ,
    maxSampleRateHz: values.UNDERTONE_MAX_SAMPLE_RATE_HZ,
    maxPageSize: values.UNDERTONE_MAX_PAGE_SIZE,
    minFreeBytes: values.UNDERTONE_MIN_FREE_BYTES, lowDiskBytes: values.UNDERTONE_LOW_DISK_BYTES, auditDays: values.UNDERTONE_AUDIT_DAYS,
    analyzeWaitMs: values.UNDERTONE_ANALYZE_WAIT_MS,
    decodeTimeoutMs: values.UNDERTONE_DECODE_TIMEOUT_MS,
    decoderConfinement: values.UNDERTONE_DECODER_CONFINEMENT,
    workerConcurrency: values.UNDERTONE_WORKER_CONCURRENCY,
    drainMs: values.UNDERTONE_DRAIN_MS,
    defaultModel: values.UNDERTONE_DEFAULT_MODEL ?? null,
    modelHosts: values.UNDERTONE_MODEL_HOSTS,
    modelThreads: values.UNDERTONE_MODEL_THREADS,
    interactiveThreads: values.UNDERTONE_INTERACTIVE_THREADS,
    modelIdleMs: values.UNDERTONE_MODEL_IDLE_MS,
    provider: values.UNDERTONE_PROVIDER,
    maxQueueLength: values.UNDERTONE_MAX_QUEUE_LENGTH,
    maxQueuedAnalyses: values.UNDERTONE_MAX_QUEUED_ANALYSES,
    introspection: values.UNDERTONE_INTROSPECTION,
    tls: tlsOf(values),
    trustedProxies: values.UNDERTONE_TRUSTED_PROXIES,
    behindProxy: values.UNDERTONE_BEHIND_PROXY,
    corsOrigins: values.UNDERTONE_CORS_ORIGINS,
    rateLimits: {
      requests: values.UNDERTONE_REQUESTS_PER_MINUTE, queryCost: values.UNDERTONE_QUERY_COST_PER_MINUTE, uploadBytes: values.UNDERTONE_UPLOAD_BYTES_PER_HOUR, failedKeys: values.UNDERTONE_FAILED_KEYS_PER_MINUTE,
    },
    analysisLimits: {
      keyAudioMinutes: values.UNDERTONE_KEY_AUDIO_MINUTES_PER_HOUR, workspaceAudioMinutes: values.UNDERTONE_WORKSPACE_AUDIO_MINUTES_PER_HOUR,
      keyConcurrent: values.UNDERTONE_KEY_CONCURRENT_ANALYSES, workspaceConcurrent: values.UNDERTONE_WORKSPACE_CONCURRENT_ANALYSES,
    },
    logLevel: values.UNDERTONE_LOG_LEVEL,
    abstainBelow: values.UNDERTONE_ABSTAIN_BELOW,
    minUploadBytesPerSecond: values.UNDERTONE_MIN_UPLOAD_BYTES_PER_SECOND,
    modelSources: values.UNDERTONE_MODEL_SOURCES,
    huggingFaceUrl: values.UNDERTONE_HUGGINGFACE_URL ?? null,
    modelScopeUrl: values.UNDERTONE_MODELSCOPE_URL ?? null,
    downloadProxy: values.UNDERTONE_DOWNLOAD_PROXY ?? null,
    keyFile: values.UNDERTONE_KEY_FILE ?? null,
    workspaceKey: values.UNDERTONE_WORKSPACE_KEY ?? null,
    speakerRoles: values.UNDERTONE_SPEAKER_ROLES ?? null,
    diarizationModel: values.UNDERTONE_DIARIZATION_MODEL ?? null,
    maxDiarizationSeconds: values.UNDERTONE_MAX_DIARIZATION_SECONDS,
    transcription: {
      transcriber: values.UNDERTONE_TRANSCRIBER,
      model: values.UNDERTONE_TRANSCRIBER_MODEL ?? null,
      url: values.UNDERTONE_TRANSCRIBER_URL ?? null, key: values.UNDERTONE_TRANSCRIBER_KEY ?? null,
      allowPrivate: values.UNDERTONE_TRANSCRIBER_ALLOW_PRIVATE,
      timeoutMs: values.UNDERTONE_TRANSCRIBER_TIMEOUT_MS,
      lexiconFiles: values.UNDERTONE_LEXICON_FILES, textModelDir: values.UNDERTONE_TEXT_MODEL ?? null,
    },
    pluginsFile: values.UNDERTONE_PLUGINS_FILE ?? null,
    trustedDocumentsFile: values.UNDERTONE_TRUSTED_DOCUMENTS ?? null,
    linkSecret: values.UNDERTONE_LINK_SECRET ?? null,
    notifiers: notifiersOf(values),
    webhooks: {
      allowHttp: values.UNDERTONE_WEBHOOK_HTTP, allowedNetworks: values.UNDERTONE_WEBHOOK_ALLOW, timeoutMs: values.UNDERTONE_WEBHOOK_TIMEOUT_MS, concurrency: values.UNDERTONE_WEBHOOK_CONCURRENCY, logDays: values.UNDERTONE_WEBHOOK_LOG_DAYS,
    },
    workerPort: values.UNDERTONE_WORKER_PORT === 0 ? null : values.UNDERTONE_WORKER_PORT,
  };
}
