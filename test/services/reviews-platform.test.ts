import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
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
const PAGE = { first: 200, after: null };
const ANY_SPEECH = { name: 'Any speech', when: { confidence: { atLeast: 0 } }, oncePer: 'analysis', actions: [{ review: { priority: 'high' } }] };

describe('human review on the whole platform', () => {
  let dataDir: string;
  let platform: Platform;
  let analysisId: string;
  let recordingId: string;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'undertone-reviews-'));
    platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_LOG_LEVEL: 'error' }, '/nonexistent'), pino({ level: 'error' }));
    await platform.startWorker();
    await platform.services.reviews.setPolicy(admin, { randomRate: 1 });
    await platform.services.rules.create(admin, { definition: ANY_SPEECH });
    const { recording } = await platform.services.recordings.upload(admin, { stream: createReadStream('samples/conversation.flac'), fileName: 'a.flac' }, {});
    recordingId = recording.id;
    ({ id: analysisId } = await platform.services.analyses.request(admin, recordingId, {}));
    expect((await platform.services.analyses.wait(admin, analysisId, 60_000)).problem).toBeNull();
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const items = () => platform.services.reviews.forAnalyses(admin, [analysisId]);

  it('has an item for each segment that was judged, sampled by the policy and sent by the rule, once the analysis is committed', async () => {
    const judged = (await platform.services.analyses.segments(admin, analysisId, PAGE, {})).items.filter(({ prediction }) => prediction !== null);
    await vi.waitFor(async () => {
      const found = await items();
      expect(found.map(({ segmentId }) => segmentId)).toEqual(judged.map(({ id }) => id));
      for (const { reasons, priority } of found) expect([reasons!.map(({ kind }) => kind).sort(), priority]).toEqual([['RANDOM_SAMPLE', 'RULE'], 80]);
    }, { timeout: 20_000 });
    for (const item of await items()) {
      const { prediction } = judged.find(({ id }) => id === item.segmentId)!;
      expect([item.modelLabel, item.modelConfidence, item.labels]).toEqual([prediction!.label, prediction!.confidence, Object.keys(prediction!.scores)]);
    }
    const alert = await platform.database.client.alert.findFirstOrThrow({ where: { analysisId } });
    expect(alert.actions).toMatchObject([{ kind: 'review', state: 'DONE' }]);
  });

  it('gives a rule its precision, and an evaluation set its labels', async () => {
    const rule = { definition: { name: 'x', when: { label: { in: (await items()).map(({ modelLabel }) => modelLabel!) } }, cooldownSeconds: 0 } };
    expect(await platform.services.rules.backtest(admin, rule, {}, never)).toMatchObject({ precision: null, precisionReason: expect.stringContaining('Review some') as string });
    for (const item of await items()) await platform.services.reviews.resolve(admin, { id: item.id, label: item.modelLabel });
    expect(await platform.services.rules.backtest(admin, rule, {}, never)).toMatchObject({ precision: { value: 1 } });

    const { id, labels } = await platform.services.reviews.enqueue(admin, { analysisId });
    await platform.services.reviews.resolve(admin, { id, label: labels[0]! });
    const set = await platform.services.evaluations.createSet(admin, { name: 'heard by people', reviews: {} });
    expect(set).toMatchObject({ itemCount: 1, name: 'heard by people' });
    expect(await platform.database.client.evaluationItem.findMany({ where: { setId: set.id } })).toMatchObject([{ recordingId, label: labels[0] }]);
    const [latest] = await platform.services.analyses.latestForRecordings(admin, [recordingId]);
    expect(latest!.id).toBe(analysisId);
  });

  it('writes who did what in the audit log, whose chain holds', async () => {
    const { items: events } = await platform.services.audit.list(admin, PAGE);
    expect(new Set(events.map(({ action }) => action).filter((action) => action.startsWith('review')))).toEqual(new Set(['review-policy.set', 'review.enqueued', 'review.answered']));
    expect(await platform.services.audit.verify(admin)).toMatchObject({ brokenAt: null });
  });
});
