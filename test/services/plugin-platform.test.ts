import { graphql } from 'graphql';
import { cpSync, createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composePlatform, type Platform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import type { Principal } from '../../src/domain/principal.js';
import { buildWorkerApp } from '../../src/http/build-worker-app.js';
import { DEFAULT_WORKSPACE_ID } from '../../src/services/key.service.js';
import { speechLikeWav } from '../support/speech-like.js';
import { until } from '../support/until.js';

const admin: Principal = { keyId: 'k', keyName: 'k', workspaceId: DEFAULT_WORKSPACE_ID, role: 'admin' };

/** Adds one of everything; two of its steps do what plugins should not. What it heard lies in its store. */
const PLUGIN = `export default ({ models }) => ({
  name: 'every-kind', apiVersion: 1,
  register(host) {
    const { store } = host;
    host.addModels(models);
    host.addDiarizer({ id: 'halves', unavailable: () => null, diarize: async (pcm, { signal }) => {
      signal.throwIfAborted();
      const half = pcm.sampleCount / 32000;
      return [{ speaker: 'first', startSeconds: 0, endSeconds: half }, { speaker: 'second', startSeconds: half, endSeconds: 2 * half }];
    } });
    host.addNotifier({ id: 'shelf', notify: ({ id, workspaceId, severity, title }) => store.set(workspaceId, 'notice ' + id, { severity, title }) });
    host.addTask({ id: 'every-kind-count', schedule: '0 0 1 1 *', timeZone: 'UTC', timeoutMs: 10_000, run: async ({ log }) => {
      await store.set('${DEFAULT_WORKSPACE_ID}', 'task', true);
      log('counted', { counted: 3 });
    } });
    host.addGraphql({
      typeDefs: 'extend type Query { "What the plugin heard of." heardOf: [String!]! } extend type Analysis { "The name of its model, backwards." backwards: String! }',
      resolvers: {
        Query: { heardOf: { role: 'viewer', resolve: async (_root, _args, { principal }) => (await store.list(principal.workspaceId)).map(({ key }) => key) } },
        Analysis: { backwards: { role: 'viewer', resolve: ({ modelId }) => [...modelId].reverse().join('') } },
      },
    });
    host.addStep({ id: 'mark', stage: 'onSegments', batchSize: 2, deadlineMs: 5000, onFailure: 'fatal', run: async ({ segments }) => ({ segments: segments.map(({ index }) => ({ index, text: 'part ' + index })) }) });
    host.addStep({ id: 'throws', stage: 'onSegments', deadlineMs: 5000, onFailure: 'warning', run: () => { throw new Error('a fault of the plugin'); } });
    host.addStep({ id: 'never', stage: 'afterPrediction', deadlineMs: 150, onFailure: 'warning', run: () => new Promise(() => {}) });
    host.listenDurably('analysis.completed', { id: 'heard', deadlineMs: 10_000, run: async ({ workspaceId, recordingId, analysisId }) => {
      const seen = [await host.data.recording(workspaceId, recordingId), ...(await host.data.segments(workspaceId, analysisId)), await host.data.recording(workspaceId, 'rec_nobodys'), ...(await host.data.speakers(workspaceId, 'ana_nobodys'))];
      await store.set(workspaceId, 'analysis ' + analysisId, seen.map((one) => one && one.id));
    } });
  },
});`;

describe('a plugin that is an npm package and adds one of everything', () => {
  let dataDir: string;
  let platform: Platform;
  let recordingId: string;
  let analysisId: string;
  const ask = async <T>(source: string, variableValues: Record<string, unknown> = {}): Promise<T> => {
    const { data, errors } = await graphql({ schema: platform.api.schema(), source, variableValues, contextValue: platform.api.createContext({ principal: admin, signPath: (path) => path, signal: new AbortController().signal }) });
    expect(errors).toBeUndefined();
    return data as T;
  };
  const heardOf = async () => (await ask<{ heardOf: string[] }>('{ heardOf }')).heardOf;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'undertone-every-kind-'));
    const installed = join(dataDir, 'node_modules', 'every-kind');
    const model = join(installed, 'models', 'borrowed');
    await mkdir(model, { recursive: true });
    cpSync('models/starter', model, { recursive: true });
    await writeFile(join(model, 'manifest.json'), JSON.stringify({ ...(JSON.parse(await readFile('models/starter/manifest.json', 'utf8')) as object), id: 'borrowed', name: 'Borrowed' }));
    await writeFile(join(installed, 'package.json'), JSON.stringify({ name: 'every-kind', version: '1.0.0', type: 'module', exports: { import: './index.js' } }));
    await writeFile(join(installed, 'index.js'), PLUGIN);
    await writeFile(join(dataDir, 'plugins.json'), JSON.stringify([{ use: 'every-kind', settings: { models: join(installed, 'models') } }]));
    platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_LOG_LEVEL: 'silent', UNDERTONE_PLUGINS_FILE: join(dataDir, 'plugins.json') }, '/nonexistent'), pino({ level: 'silent' }));
    await platform.startWorker();
    await platform.services.rules.create(admin, { definition: { name: 'Long enough', when: { duration: { atLeast: 1 } }, oncePer: 'recording', actions: [{ alert: {} }] } });
    recordingId = (await platform.services.recordings.upload(admin, { stream: createReadStream('samples/conversation.flac'), fileName: 'a.flac' }, {})).recording.id;
    ({ id: analysisId } = await platform.services.analyses.request(admin, recordingId, { model: 'borrowed', speakers: 'auto' }));
    expect((await platform.services.analyses.wait(admin, analysisId, 60_000)).problem).toBeNull();
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('has its model judge, its diarizer tell apart, and its steps add to segments in batches', async () => {
    const { analysis } = await ask<{ analysis: { model: { id: string }; speakers: { key: string }[]; segments: { nodes: { index: number; text: string }[] } } }>('query ($id: ID!) { analysis(id: $id) { model { id } speakers { key } segments(first: 100) { nodes { index text } } } }', { id: analysisId });
    expect(analysis.model.id).toBe('borrowed');
    expect(analysis.speakers.map(({ key }) => key)).toEqual(['first', 'second']);
    expect(analysis.segments.nodes.length).toBeGreaterThan(2);
    for (const { index, text } of analysis.segments.nodes) expect(text).toBe(`part ${index}`);
  });

  it('never hurts the analysis by steps that throw or never end: they are warnings with its name', async () => {
    const { analysis } = await ask<{ analysis: { status: string; warnings: { code: string; message: string }[] } }>('query ($id: ID!) { analysis(id: $id) { status warnings { code message } } }', { id: analysisId });
    expect(analysis.status).toBe('SUCCEEDED');
    expect(analysis.warnings.filter(({ code }) => code === 'PLUGIN_FAILED').map(({ message }) => message)).toEqual(['The plugin every-kind did not take part: step throws failed.', 'The plugin every-kind did not take part: step never took longer than 150 ms.']);
  });

  it('has its fields asked, its task run by the scheduler, and hears facts and notices', { timeout: 60_000 }, async () => {
    expect(await ask('query ($id: ID!) { analysis(id: $id) { backwards } }', { id: analysisId })).toEqual({ analysis: { backwards: 'deworrob' } });
    expect(await platform.scheduler.runNow('every-kind-count')).toMatchObject({ failure: null });
    await until('everything is heard', async () => (await heardOf()).length === 3);
    expect(await heardOf()).toEqual([`analysis ${analysisId}`, expect.stringMatching(/^notice /) as string, 'task']);
    const notice = await platform.database.client.pluginEntry.findFirstOrThrow({ where: { plugin: 'every-kind', key: { startsWith: 'notice ' } } });
    expect(notice.value).toMatchObject({ severity: 'warning', title: expect.stringContaining('Long enough') as string });
  });

  it('is in the audit log with what it has read through its host, and with nothing that it was not given', async () => {
    const kept = async () => (await platform.database.client.pluginEntry.findFirst({ where: { plugin: 'every-kind', key: `analysis ${analysisId}` } }))?.value as (string | null)[] | undefined;
    await until('the listener has read', async () => (await kept()) !== undefined);
    const [recording, ...rest] = (await kept())!;
    expect([recording, rest.at(-1), rest.length > 2]).toEqual([recordingId, null, true]);
    const reads = async () => platform.database.client.auditEvent.findMany({ where: { actorKeyId: 'plugin:every-kind' }, orderBy: { action: 'asc' }, select: { actorName: true, action: true, subjectId: true } });
    await until('its reads are written down', async () => (await reads()).length >= 2);
    expect(await reads()).toEqual(['analysis.read', 'recording.read'].map((action) => ({ actorName: 'every-kind', action, subjectId: recordingId })));
  });

  it('has its failing steps left out after five failures in a row, which the metrics show', { timeout: 120_000 }, async () => {
    const path = join(dataDir, 'short.wav');
    await writeFile(path, speechLikeWav(3, 1));
    const again = () => platform.analyzer.pipeline.analyze({ path, options: { modelId: 'borrowed', raw: false, speakers: 'none' }, priority: 'bulk', signal: new AbortController().signal });
    for (let time = 0; time < 4; time++) await again();
    const { outcome } = await again();
    expect(outcome.warnings.map(({ message }) => message)).toEqual(expect.arrayContaining([expect.stringMatching(/^The plugin every-kind did not take part: step throws is left out for a minute after 5 failures in a row/), expect.stringMatching(/step never is left out/)]));
    // As a worker shows them: steps run where analyses do.
    const app = buildWorkerApp({ keys: platform.keys, checks: [], log: pino({ level: 'silent' }), registry: platform.metrics.registry, limiter: platform.limiter, pluginFigures: () => platform.plugins.figures() });
    const text = (await app.inject('/metrics')).body;
    await app.close();
    for (const step of ['throws', 'never']) expect(text).toMatch(new RegExp(`^undertone_plugin_circuit_open\\{plugin="every-kind",step="${step}"\\} 1$`, 'm'));
    expect(text).toMatch(/^undertone_plugin_failures_total\{plugin="every-kind"\} 10$/m);
    expect(text).toMatch(/^undertone_plugin_circuit_open\{plugin="every-kind",step="mark"\} 0$/m);
  });
});
