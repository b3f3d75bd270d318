import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { composePlatform, type Platform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import type { Principal } from '../../src/domain/principal.js';
import { DEFAULT_WORKSPACE_ID } from '../../src/services/key.service.js';

const admin: Principal = { keyId: 'k', keyName: 'k', workspaceId: DEFAULT_WORKSPACE_ID, role: 'admin' };
const never = new AbortController().signal;
const PAGE = { first: 50, after: null };
const SEEN = { name: 'Seen', when: { duration: { atLeast: 1 } }, actions: [{ alert: {} }, { tag: { tags: ['seen'] } }, { hold: { reason: 'x' } }] };

/** A plugin of the settings that writes what it hears into its own rows. */
const LISTENER = `export default () => ({
  name: 'listener', apiVersion: 1,
  register({ store, addStep, listenDurably }) {
    addStep({ id: 'mark', stage: 'onSegments', deadlineMs: 5000, onFailure: 'fatal', run: async ({ segments, read }) => ({
      segments: await Promise.all(segments.map(async (one) => ({ index: one.index, text: (await read(one)).length > 0 ? 'heard' : 'nothing', agreement: 0.25 }))), results: { count: segments.length } }) });
    for (const kind of ['analysis.completed', 'alert.raised', 'recording.deleted']) listenDurably(kind, { id: kind, deadlineMs: 5000, run: async (fact) => { await store.set(fact.workspaceId, kind, fact); } });
  },
});`;

describe('rules and plugins on the whole platform', () => {
  let dataDir: string;
  let platform: Platform;
  let recordingId: string;
  let analysisId: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'undertone-rules-'));
    await writeFile(join(dataDir, 'listener.mjs'), LISTENER);
    await writeFile(join(dataDir, 'plugins.json'), JSON.stringify([{ use: './listener.mjs' }]));
    platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_LOG_LEVEL: 'error', UNDERTONE_PLUGINS_FILE: join(dataDir, 'plugins.json') }, '/nonexistent'), pino({ level: 'error' }));
    await platform.startWorker();
    await platform.services.rules.create(admin, { definition: SEEN });
    const { recording } = await platform.services.recordings.upload(admin, { stream: createReadStream('samples/conversation.flac'), fileName: 'a.flac' }, { tags: ['sample'] });
    recordingId = recording.id;
    const { id } = await platform.services.analyses.request(admin, recordingId, {});
    analysisId = id;
    expect((await platform.services.analyses.wait(admin, id, 60_000)).problem).toBeNull();
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const alerts = async () => (await platform.services.alerts.list(admin, PAGE, {})).items;
  const heard = async (kind: string) => (await platform.database.client.pluginEntry.findFirst({ where: { plugin: 'listener', key: kind } }))?.value;

  it('raise an alert for an analysis once it is committed, tag its recording, and hold it from deletion', { timeout: 60_000 }, async () => {
    await vi.waitFor(async () => expect((await alerts()).flatMap((alert) => alert.actions.map((action) => action.state))).toEqual(['DONE', 'DONE', 'DONE']), { timeout: 20_000 });
    expect((await alerts())[0]).toMatchObject({ analysisId, recordingId, ruleName: 'Seen', isOfThePast: false, trace: [{ path: 'when.duration', result: true }] });
    expect((await platform.services.recordings.find(admin, recordingId))!.tags).toEqual(['sample', 'seen']);
    expect(await platform.services.alerts.forAnalyses(admin, [analysisId])).toHaveLength(1);
    const [alert] = await alerts();
    await expect(platform.services.recordings.delete(admin, recordingId, 'test')).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
    expect(await platform.services.holds.ofRecording(admin, recordingId)).toMatchObject([{ scope: 'RECORDING', placedBy: alert!.ruleId, reason: `x (rule “Seen”, alert ${alert!.id})` }]);
  });

  it('deliver facts to durable listeners of outside plugins', async () => {
    await vi.waitFor(async () => expect(await heard('alert.raised')).toMatchObject({ kind: 'alert.raised', analysisId, recordingId }), { timeout: 20_000 });
    expect(await heard('analysis.completed')).toMatchObject({ kind: 'analysis.completed', analysisId });
  });

  it('store what steps of plugins add to segments and leave beside the analysis, and rules see it', async () => {
    const { items } = await platform.services.analyses.segments(admin, analysisId, PAGE, {});
    expect(new Set(items.map((segment) => segment.text))).toEqual(new Set(['heard']));
    expect(await platform.database.client.pluginResult.findMany({ where: { analysisId } })).toMatchObject([{ plugin: 'listener', key: 'count', value: items.length }]);
    const backtest = await platform.services.rules.backtest(admin, { definition: { name: 'x', when: { all: [{ words: { anyOf: ['heard'] } }, { agreement: { atMost: 0.3 } }, { score: { label: 'neutral', atLeast: 0 } }] } } }, {}, never);
    expect(backtest).toMatchObject({ analysisCount: 1, segmentCount: items.length, firedAnalysisCount: 1 });
  });

  it('apply to the past without doubling, and page through alerts', async () => {
    const { id } = await platform.services.rules.create(admin, { definition: { name: 'Segments', when: { confidence: { atLeast: 0 } }, cooldownSeconds: 0 } });
    const first = await platform.services.rules.apply(admin, id, {}, never);
    expect(first.newAlertCount).toBe(first.firingCount);
    expect(first.newAlertCount).toBeGreaterThan(0);
    expect((await platform.services.rules.apply(admin, id, {}, never)).newAlertCount).toBe(0);
    const page = await platform.services.alerts.list(admin, { first: 1, after: null }, { ruleId: id });
    expect(page.totalCount).toBe(first.newAlertCount);
    expect((await platform.services.alerts.list(admin, { first: 1, after: page.cursors[0]! }, {})).items[0]!.id).not.toBe(page.items[0]!.id);
    await expect(platform.services.alerts.list(admin, { first: 1, after: 'x' }, {})).rejects.toMatchObject({ code: 'BAD_CURSOR' });
  });

  it('hold a recording once, however often they fire on it, and only for those who may hold by hand', { timeout: 120_000 }, async () => {
    const again = await platform.services.analyses.request(admin, recordingId, {});
    expect((await platform.services.analyses.wait(admin, again.id, 60_000)).problem).toBeNull();
    await vi.waitFor(async () => expect((await alerts()).filter((alert) => alert.analysisId === again.id && alert.ruleName === 'Seen').flatMap((alert) => alert.actions.map((action) => action.state))).toEqual(['DONE', 'DONE', 'DONE']), { timeout: 20_000 });
    expect(await platform.services.holds.ofRecording(admin, recordingId)).toHaveLength(1);
    const analyst: Principal = { ...admin, role: 'analyst' };
    for (const change of [() => platform.services.rules.create(analyst, { definition: SEEN }), () => platform.services.rules.update(analyst, 'rul_any', { definition: SEEN })]) await expect(change()).rejects.toMatchObject({ code: 'FORBIDDEN', details: { neededScope: 'holds:admin' } });
  });

  it('keep versions in the database, refuse a change of an old one, and hide a deleted rule whose alerts stay', async () => {
    const rule = await platform.services.rules.create(admin, { template: 'research-mostly-abstained', note: 'first' });
    const changed = await platform.services.rules.update(admin, rule.id, { definition: { ...rule.definition, enabled: false }, expectedVersion: 1 });
    expect((await platform.services.rules.history(admin, rule.id)).map(({ version, note }) => [version, note])).toEqual([[2, null], [1, 'first']]);
    expect(changed.definition['enabled']).toBe(false);
    await expect(platform.services.rules.update(admin, rule.id, { definition: rule.definition, expectedVersion: 1 })).rejects.toMatchObject({ code: 'CONFLICT' });
    const before = (await alerts()).length;
    for (const { id } of await platform.services.rules.list(admin)) await platform.services.rules.delete(admin, id);
    expect(await platform.services.rules.list(admin)).toEqual([]);
    expect(await alerts()).toHaveLength(before);
  });

  it('take alerts and results away with the recording, and tell plugins', async () => {
    for (const { id } of await platform.services.holds.ofRecording(admin, recordingId)) await platform.services.holds.release(admin, id, 'the test is over');
    await platform.services.recordings.delete(admin, recordingId, null);
    expect(await alerts()).toEqual([]);
    expect(await platform.database.client.pluginResult.count()).toBe(0);
    await vi.waitFor(async () => expect(await heard('recording.deleted')).toMatchObject({ recordingId }), { timeout: 20_000 });
  });
});
