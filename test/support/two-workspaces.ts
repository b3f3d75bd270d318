import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { composePlatform, VERSION, type Platform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import { createCalibrationRepository } from '../../src/db/calibration.repository.js';
import { calibrationVersion } from '../../src/domain/calibration.js';
import { crossValidate, fitCalibration } from '../../src/domain/fit-calibration.js';
import { newId } from '../../src/domain/ids.js';
import type { Principal } from '../../src/domain/principal.js';
import { inWorkspace } from '../../src/domain/workspace-scope.js';
import { buildApp } from '../../src/http/build-app.js';
import { DEFAULT_HTTP_LIMITS } from '../../src/http/http-limits.js';
import { listen } from '../../src/http/listen.js';
import { buildApiSchema } from '../../src/resolvers/build-schema.js';
import { contextFactory } from '../../src/resolvers/request-context.js';
import type { RetentionPolicyInput } from '../../src/services/retention.service.js';
import { speechLikeWav } from './speech-like.js';
import { until } from './until.js';

export interface Tenant {
  readonly principal: Principal;
  readonly secret: string;
  /** Puts something of every kind into the workspace; texts of it carry the marker. */
  seed(marker: string): Promise<{ readonly segmentId: string }>;
}

export interface TwoWorkspaces {
  readonly platform: Platform;
  readonly app: FastifyInstance;
  readonly url: string;
  readonly schema: ReturnType<typeof buildApiSchema>;
  readonly tenants: readonly [Tenant, Tenant];
  readonly logLines: readonly string[];
  close(): Promise<void>;
}

/** The same small file for both: what two tenants have in common must still be two things. */
export const SHARED_WAV: Buffer = speechLikeWav(1, 77);
/** For one thing of the seed to be done on a machine that others use. */
const SEED_STEP_MS = 120_000;
/** Fires on whatever was judged. */
export const RULE = { name: 'Everything', when: { confidence: { atLeast: 0 } } };
/** The walk asks for everything at once; that this is refused to others has tests of its own. */
const WIDE = { ...DEFAULT_HTTP_LIMITS, queryDepth: 100, queryAliases: 1e6, queryRootFields: 1e6, queryTokens: 1e6, queryCost: 1e12, queryBytes: 4 * 1024 * 1024 };

/** A real platform with its server and two workspaces, each with an admin key. */
export async function openTwoWorkspaces(environment: Readonly<Record<string, string>> = {}): Promise<TwoWorkspaces> {
  const dataDir = await mkdtemp(join(tmpdir(), 'undertone-two-'));
  const logLines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logLines.push(line) });
  const settings = readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_REQUESTS_PER_MINUTE: '0', UNDERTONE_QUERY_COST_PER_MINUTE: '0', UNDERTONE_FAILED_KEYS_PER_MINUTE: '0', ...environment }, '/nonexistent');
  const platform = await composePlatform(settings, log);
  await platform.startWorker();
  const schema = buildApiSchema();
  const facts = { version: VERSION, audioFormats: ['wav'], diarization: () => ({ isAvailable: false, diarizer: null, reason: null }), transcription: () => ({ transcriber: null, reason: null, transcribers: [], languages: [] }), limits: [] };
  const app = await buildApp({
    services: platform.services, settings, schema, createContext: contextFactory({ services: platform.services, settings, facts }), checks: [], log, webDir: '/nowhere', limiter: platform.limiter, registry: platform.metrics.registry, limits: WIDE,
  });
  const { url } = await listen(app, { host: '127.0.0.1', port: 0, guarded: { hasKeys: true, isEncrypted: false } });

  async function tenant(index: number): Promise<Tenant> {
    const { id: workspaceId } = await platform.workspaces.create({ name: `Tenant ${index}`, maxStoredBytes: null });
    const operator: Principal = { keyId: 'operator', keyName: 'operator', workspaceId, role: 'admin' };
    const { apiKey, secret } = await platform.services.keys.create(operator, { name: `main ${index}`, role: 'admin', expiresAt: null });
    const principal: Principal = { ...operator, keyId: apiKey.id, keyName: apiKey.name };
    return { principal, secret, seed: (marker) => seed(platform, principal, marker, twoChannels(dataDir, index)) };
  }
  const tenants = [await tenant(1), await tenant(2)] as const;
  return {
    platform, app, url, schema, tenants, logLines,
    async close() {
      await app.close();
      await platform.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Two channels with the sample's voices one after the other, in bytes of their own for each tenant. */
async function twoChannels(folder: string, index: number): Promise<Buffer> {
  const path = join(folder, `two-channels-${index}.wav`);
  await promisify(execFile)('ffmpeg', ['-loglevel', 'error', '-y', '-ss', String(index), '-t', '20', '-i', 'samples/conversation.flac', '-af', 'pan=stereo|c0=c0|c1=c0,adelay=0|9000', '-t', '22', '-bitexact', path]);
  return readFile(path);
}

/** Analyses, speakers, rules, evaluations, calibrations, archives, holds, erasures, keys and failed jobs. */
async function seed(platform: Platform, principal: Principal, marker: string, file: Promise<Buffer>): Promise<{ readonly segmentId: string }> {
  const { services, database, blobs } = platform;
  const input = { title: `${marker} title`, externalId: `${marker} person`, tags: [`${marker} tag`], language: 'en' };
  const { recording } = await services.recordings.upload(principal, { stream: Readable.from([await file]), fileName: `${marker} call.wav` }, input);
  const { id } = await services.analyses.request(principal, recording.id, { speakers: 'channels', idempotencyKey: `${marker} idempotent` });
  const analysis = await services.analyses.wait(principal, id, 120_000);
  if (analysis.status !== 'SUCCEEDED' || analysis.trackKey === null) throw new Error(`The seed's analysis is ${analysis.status}.`);
  const again = await services.comparisons.reanalyze(principal, id, analysis.modelId);
  await services.analyses.wait(principal, again.id, 120_000);
  const [speaker] = await services.analyses.speakers(principal, [id]);
  await services.speakers.setRole(principal, speaker!.id, { role: 'agent', reason: `${marker} reason` });
  await services.recordings.upload(principal, { stream: Readable.from([SHARED_WAV]), fileName: `${marker} shared.wav` }, input);
  const rule = await services.rules.create(principal, { definition: { ...RULE, name: `${marker} rule` }, note: `${marker} note` });
  await services.rules.apply(principal, rule.id, {}, new AbortController().signal);
  await services.keys.create(principal, { name: `${marker} key`, role: 'viewer', expiresAt: null });
  if ((await blobs.stat(recording.blobKey)) === null) throw new Error('The seed has no bytes.');
  await seedEvaluation(platform, principal, marker, recording.id);
  await seedReview(platform, principal, marker, id);
  await seedWebhook(platform, principal, marker);
  await seedRetention(platform, principal, marker, recording.id);
  for (const key of [`${marker} one`, `${marker} two`]) {
    await database.client.$executeRawUnsafe(
      `INSERT INTO pgboss.job (name, data, group_id, singleton_key, source_name, source_created_on, source_retry_count, source_output)
       VALUES ('dead-letters', '{}', $1, $2, 'analyze-recording', now(), 2, $3::jsonb)`,
      principal.workspaceId, key, JSON.stringify({ code: 'INTERNAL', message: `${marker} failure` }),
    );
  }
  const { items } = await services.analyses.segments(principal, id, { first: 20, after: null }, {});
  const judged = items.find(({ prediction }) => prediction !== null);
  if (judged === undefined) throw new Error('The seed has no segment that was judged.');
  return { segmentId: judged.id };
}

async function seedEvaluation({ services, database }: Platform, principal: Principal, marker: string, recordingId: string): Promise<void> {
  const set = await services.evaluations.createSet(principal, { name: `${marker} set`, items: [{ recordingId, label: 'happy', speaker: `${marker} speaker` }] });
  const runs = [await services.evaluations.run(principal, { setId: set.id, raw: true }), await services.evaluations.run(principal, { setId: set.id, raw: false })];
  await until('the evaluations have ended', async () => (await Promise.all(runs.map(({ id }) => services.evaluations.findRun(principal, id)))).every((run) => run !== null && run.finishedAt !== null), SEED_STEP_MS);
  await services.evaluations.acceptRun(principal, runs[0]!.id);
  // Fitted on made-up answers: a run of this size is too small to fit one on, and the figures do not matter here.
  const items = Array.from({ length: 60 }, (_, i) => ({ logits: [i % 7, i % 3, 1, 0], truth: i % 4, cluster: `${i % 6}` }));
  const labels = ['angry', 'happy', 'neutral', 'sad'];
  const options = { coverage: 0.9, risk: 0.3, withBias: false };
  const values = fitCalibration(items, labels, options);
  // Of a model that nobody has, so that analyses stay as they are.
  const row = { workspaceId: principal.workspaceId, modelId: 'starter', modelDigest: marker, version: calibrationVersion(values), values, figures: crossValidate(items, labels, options), runId: runs[0]!.id };
  for (const scope of ['workspace', 'language:en']) await inWorkspace(principal.workspaceId, () => createCalibrationRepository(database).insert({ ...row, id: newId('calibration'), scope }));
}

/** One item that is assigned, and one that another key has claimed and a second person may still answer. */
async function seedReview({ services }: Platform, principal: Principal, marker: string, analysisId: string): Promise<void> {
  const { apiKey } = await services.keys.create(principal, { name: `${marker} reviewer`, role: 'analyst', expiresAt: null });
  const { items } = await services.analyses.segments(principal, analysisId, { first: 2, after: null }, {});
  await services.reviews.enqueue(principal, { analysisId, note: `${marker} please`, assigneeKeyIds: [apiKey.id] });
  const claimed = await services.reviews.enqueue(principal, { segmentId: items[0]!.id, note: `${marker} please`, requiredCount: 2 });
  await services.reviews.claim({ ...principal, keyId: apiKey.id, keyName: apiKey.name }, claimed.id);
}

/** Paused, so that nothing of it moves; its test has been tried, at an address that is nobody's. */
async function seedWebhook({ services }: Platform, principal: Principal, marker: string): Promise<void> {
  const hook = await services.webhooks.create(principal, { name: `${marker} hook`, url: 'https://hooks.example.invalid/', events: ['analysis.completed'], signing: 'ED25519' });
  await services.webhooks.pause(principal, hook.id);
  const { id } = await services.webhooks.test(principal, hook.id);
  await until('the test was tried', async () => (await services.webhooks.findDelivery(principal, id))?.state === 'FAILED', SEED_STEP_MS);
}

async function seedRetention({ services }: Platform, principal: Principal, marker: string, recordingId: string): Promise<void> {
  const old = await services.recordings.upload(principal, { stream: Readable.from([speechLikeWav(1, marker.length)]), fileName: `${marker} old.wav` }, { title: `${marker} old`, externalId: `${marker} old person`, tags: [`${marker} old`] });
  const policy: RetentionPolicyInput = { name: `${marker} policy`, kind: 'RECORDING', action: 'ARCHIVE', keepDays: 0, tags: [`${marker} old`], includeExisting: true };
  const asked = await services.retention.setPolicy(principal, policy);
  if ('confirmation' in asked) await services.retention.setPolicy(principal, { ...policy, confirmation: asked.confirmation });
  await services.retention.run(principal, { isDryRun: false });
  if ((await services.archives.ofRecording(principal, old.recording.id)).length === 0) throw new Error('The seed has no archive.');
  await services.holds.place(principal, { scope: 'RECORDING', recordingId, reason: `${marker} lawsuit` });
  await services.recordings.upload(principal, { stream: Readable.from([speechLikeWav(1, marker.length + 1)]), fileName: `${marker} gone.wav` }, { externalId: `${marker} gone` });
  await services.optOuts.optOut(principal, { externalId: `${marker} nobody`, reason: `${marker} asked for it` });
  await services.erasures.eraseSubject(principal, { externalId: `${marker} gone`, reason: `${marker} asked for it` });
}
