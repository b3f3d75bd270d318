import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composePlatform, type Platform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import type { Principal } from '../../src/domain/principal.js';
import { asSystem, inWorkspace } from '../../src/domain/workspace-scope.js';
import { DEFAULT_WORKSPACE_ID } from '../../src/services/key.service.js';
import { permittedVoicesCases } from './permitted-voices.contract.js';
import { evaluationCases } from './evaluation.contract.js';
import { speechLikeWav } from '../support/speech-like.js';

const SAMPLE = 'samples/conversation.flac';
const admin: Principal = { keyId: 'k', keyName: 'k', workspaceId: DEFAULT_WORKSPACE_ID, role: 'admin' };
const viewer: Principal = { ...admin, role: 'viewer' };
const FIRST = { first: 50, after: null };

/** Upload to similar segments with the bundled model, on whatever database the settings name. */
export function platformSuite(title: string, settings: () => Promise<Readonly<Record<string, string>>>): void {
  describe(title, () => {
    let dataDir: string;
    let platform: Platform;

    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'undertone-platform-'));
      platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_LOG_LEVEL: 'error', ...(await settings()) }, '/nonexistent'), pino({ level: 'error' }));
        await platform.startWorker();
    });
    afterAll(async () => {
      await platform.stop();
      await rm(dataDir, { recursive: true, force: true });
    });

    const upload = (bytes: Buffer, fileName = 'clip.wav') => platform.services.recordings.upload(admin, { stream: Readable.from([bytes]), fileName }, {});
    async function analyze(recordingId: string, options = {}) {
      const { id } = await platform.services.analyses.request(admin, recordingId, options);
      return platform.services.analyses.wait(admin, id, 60_000);
    }

    it('takes a recording all the way to segments whose frames add up to their logits', async () => {
      const { recording } = await platform.services.recordings.upload(admin, { stream: createReadStream(SAMPLE), fileName: 'conversation.flac' }, { tags: ['sample'] });
      const analysis = await analyze(recording.id);
      expect(analysis).toMatchObject({ status: 'SUCCEEDED', progress: 1, problem: null, modelId: 'starter' });
      expect(analysis.modelDigest).toMatch(/^[0-9a-f]{64}$/);
      const { items } = await platform.services.analyses.segments(admin, analysis.id, FIRST, {});
      expect(items.length).toBeGreaterThan(2);
      for (const segment of items.filter((one) => one.prediction !== null)) {
        const { label, scores, logits } = segment.prediction!;
        expect(Object.values(scores).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
        const parts = await platform.services.timelines.contributions(admin, segment, { binSeconds: 0.25, label });
        expect(parts.reduce((sum, part) => sum + part.value, 0)).toBeCloseTo(logits[analysis.modelLabels.indexOf(label)]!, 3);
      }
      const timeline = await platform.services.timelines.timeline(admin, analysis, { binSeconds: 0.5, fromSeconds: null, toSeconds: null, speakerId: null });
      expect(timeline.startSeconds.length).toBeGreaterThan(10);
      const seen = await platform.services.recordings.find(admin, recording.id);
      expect(seen!.durationSeconds).toBeCloseTo(27.5, 0);
      expect((await platform.services.recordings.waveform(admin, recording.id))!.maximum).toHaveLength(2000);
    });

    it('keeps the speech that was found when a raw analysis, which looks for none, comes after', async () => {
      const { recording } = await platform.services.recordings.upload(admin, { stream: createReadStream(SAMPLE), fileName: 'raw-after.flac' }, {});
      await analyze(recording.id);
      const before = await platform.services.recordings.find(admin, recording.id);
      expect((await analyze(recording.id, { raw: true })).status).toBe('SUCCEEDED');
      const after = await platform.services.recordings.find(admin, recording.id);
      expect(before!.speechRegions!.length).toBeGreaterThan(2);
      expect(after!.speechRegions).toEqual(before!.speechRegions);
      expect(after!.quality!.speechSeconds).toBeGreaterThan(10);
    });

    it('gives the same scores, bit for bit, to the same bytes twice', async () => {
      const { recording } = await upload(speechLikeWav(3, 1));
      const [first, second] = [await analyze(recording.id, { raw: true }), await analyze(recording.id, { raw: true })];
      expect(second.summary).toEqual(first.summary);
      expect(second.id).not.toBe(first.id);
    });

    it('makes one recording of the same bytes, however many uploads come at once', async () => {
      const bytes = speechLikeWav(1, 2);
      const uploads = await Promise.all(Array.from({ length: 6 }, () => upload(bytes)));
      expect(new Set(uploads.map((one) => one.recording.id)).size).toBe(1);
      expect(uploads.filter((one) => one.isNew)).toHaveLength(1);
    });

    it('makes one analysis of one idempotency key and refuses the key for other arguments', async () => {
      const { recording } = await upload(speechLikeWav(1, 3));
      const requests = await Promise.all(Array.from({ length: 5 }, () => platform.services.analyses.request(admin, recording.id, { idempotencyKey: 'once' })));
      expect(new Set(requests.map((one) => one.id)).size).toBe(1);
      await expect(platform.services.analyses.request(admin, recording.id, { idempotencyKey: 'once', raw: true })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    });

    it('ends an analysis of something that is no audio with a problem, and keeps the upload', async () => {
      const { recording } = await upload(Buffer.from('this is a letter, not a sound\n'.repeat(50)), 'letter.wav');
      const analysis = await analyze(recording.id);
      expect(analysis).toMatchObject({ status: 'FAILED', problem: { code: 'NOT_AUDIO' } });
      expect(await platform.services.recordings.find(admin, recording.id)).not.toBeNull();
    });

    it('judges nothing in silence and says so', async () => {
      const { recording } = await upload(speechLikeWav(4, 4, 0));
      const analysis = await analyze(recording.id);
      expect(analysis).toMatchObject({ status: 'SUCCEEDED', summary: null, gate: { kind: 'silence' } });
      expect(await platform.services.embeddings.forAnalysis(admin, analysis.id)).toBeNull();
    });

    it('declines to say of a sound unlike what the model learned from, and says why', async () => {
      const { recording } = await upload(speechLikeWav(3, 6));
      const analysis = await analyze(recording.id, { raw: true });
      expect(analysis.summary).toMatchObject({ abstained: true, calibrated: false });
      expect(analysis.warnings.find(({ code }) => code === 'OUT_OF_DOMAIN')?.message).toMatch(/^3\.0 s of 3\.0 s of speech are unlike what model "starter" learned from: .*undertone calibrate/);
      expect(analysis.calibration?.unfamiliarBelow).toBeGreaterThan(0);
      const { items } = await platform.services.analyses.segments(admin, analysis.id, FIRST, {});
      expect(items.map(({ prediction }) => prediction)).toMatchObject([{ abstained: true, calibrated: false }]);
    });

    it('finds neighbours and refuses to compare what is not there', async () => {
      const { recording } = await platform.services.recordings.upload(admin, { stream: createReadStream(SAMPLE), fileName: 'again.flac' }, {});
      const analysis = await analyze(recording.id);
      const { items } = await platform.services.analyses.segments(admin, analysis.id, FIRST, {});
      const matches = await platform.services.embeddings.similarSegments(admin, { segmentId: items[0]!.id }, 5, {});
      expect(matches.length).toBeGreaterThan(0);
      expect(matches[0]!.similarity).toBeGreaterThan(matches.at(-1)!.similarity - 1e-9);
      const embedding = await platform.services.embeddings.forAnalysis(admin, analysis.id);
      expect((await platform.services.embeddings.compare(admin, embedding!.id, embedding!.id)).cosineSimilarity).toBeCloseTo(1, 6);
      await expect(platform.services.embeddings.compare(admin, embedding!.id, 'emb_none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(platform.services.embeddings.similarSegments(admin, {}, 5, {})).rejects.toMatchObject({ code: 'BAD_INPUT' });
    });

    it('analyses again with the same options and puts the two beside each other', async () => {
      const { recording } = await platform.services.recordings.upload(admin, { stream: createReadStream(SAMPLE), fileName: 'twice.flac' }, {});
      const first = await analyze(recording.id);
      const { id } = await platform.services.comparisons.reanalyze(admin, first.id, 'starter');
      const second = await platform.services.analyses.wait(admin, id, 60_000);
      expect(second.id).not.toBe(first.id);
      const compared = await platform.services.comparisons.compare(admin, first.id, second.id, 0.5);
      expect(compared).toMatchObject({ agreement: 1, sameLabel: true });
      expect(compared.startSeconds.length).toBeGreaterThan(10);
      expect(compared.scores.map(({ difference }) => difference)).toEqual(compared.scores.map(() => 0));
      const other = await upload(speechLikeWav(1, 10));
      const foreign = await analyze(other.recording.id, { raw: true });
      await expect(platform.services.comparisons.compare(admin, first.id, foreign.id, 0.5)).rejects.toMatchObject({ code: 'BAD_INPUT' });
    });

    it('counts analyses over time by what became of them', async () => {
      const from = new Date(Date.now() - 3_600_000);
      const count = async (): Promise<{ readonly analyses: number; readonly succeeded: number; readonly labelled: number; readonly seconds: number }> => {
        const table = await platform.services.statistics.statistics(admin, from, new Date(Date.now() + 3_600_000), 'hour');
        const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
        return { analyses: sum(table.analyses), succeeded: sum(table.succeeded), labelled: sum(table.labels.map(({ counts }) => sum(counts))), seconds: sum(table.audioSeconds) };
      };
      const before = await count();
      const { recording } = await upload(speechLikeWav(2, 20));
      await analyze(recording.id, { raw: true });
      const after = await count();
      expect(after.analyses - before.analyses).toBe(1);
      expect(after.succeeded - before.succeeded).toBe(1);
      expect(after.labelled - before.labelled).toBe(1);
      expect(after.seconds - before.seconds).toBeCloseTo(2, 6);
    });

    it('keeps a workspace within its quota, however many uploads come at once, and counts what it stores', async () => {
      const { id } = await platform.workspaces.create({ name: 'Small', maxStoredBytes: 100_000 });
      const owner: Principal = { ...admin, workspaceId: id };
      const send = (seed: number) => platform.services.recordings.upload(owner, { stream: Readable.from([speechLikeWav(1, seed)]), fileName: 'x.wav' }, {});
      const sent = await Promise.allSettled([30, 31, 32, 33, 34].map(send));
      expect(sent.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      for (const one of sent) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'QUOTA_EXCEEDED', details: { maxBytes: 100_000, remaining: 100_000 - 3 * 32_044 } });
      const kept = (await platform.services.recordings.list(owner, FIRST, {}, { field: 'createdAt', direction: 'desc' })).totalCount;
      expect(kept).toBe(3);
      // The same bytes again take no room, and a raised quota makes some.
      const first = sent.findIndex(({ status }) => status === 'fulfilled');
      expect((await send(30 + first)).isNew).toBe(false);
      await platform.workspaces.setQuota(id, null);
      await send(35);
      expect((await platform.scheduler.runNow('usage-report')).failure).toBeNull();
      const usage = await platform.services.usage.usage(owner, 3);
      expect(usage).toMatchObject({ maxStoredBytes: null, storedBytes: 4 * 32_044 });
      expect(usage.kinds.find(({ kind }) => kind === 'audio')).toEqual(expect.objectContaining({ byteLength: 4 * 32_044, itemCount: 4 }));
      const mine = await platform.services.usage.usage(admin, 1);
      expect(mine.kinds.find(({ kind }) => kind === 'tracks')!.byteLength).toBeGreaterThan(1000);
      expect(mine.history.days).toHaveLength(1);
    });

    it('judges nobody whom the law shields, before anything is inferred, unless the operator puts it aside with a reason', async () => {
      const { id } = await platform.workspaces.create({ name: 'Call centre', maxStoredBytes: null });
      const member = { ...admin, workspaceId: id };
      const { recording } = await platform.services.recordings.upload(member, { stream: Readable.from([speechLikeWav(2, 11)]), fileName: 'clip.wav' }, {});
      const ask = () => platform.services.analyses.request(member, recording.id, {});
      expect(await platform.services.law.transparencyNotice(member)).toContain('has not stated its purpose');
      await platform.workspaces.setLaw(id, { purpose: 'quality-assurance', jurisdiction: 'EU' });
      await expect(ask()).rejects.toMatchObject({ code: 'LAW_PROHIBITED', details: { article: expect.stringContaining('Article 5(1)(f)') as string, speakerRole: 'unknown' } });
      expect((await platform.services.analyses.list(member, FIRST, {})).items).toEqual([]);
      await expect(platform.workspaces.setLaw(id, { overrideReason: 'short' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
      const { law } = await platform.workspaces.setLaw(id, { overrideReason: 'Counsel approved case 12.' });
      expect(law).toMatchObject({ purpose: 'quality-assurance', overrideReason: 'Counsel approved case 12.', overriddenAt: expect.any(Date) as Date });
      const asked = await ask();
      expect(asked.status).toBe('QUEUED');
      const written = await platform.services.audit.list(member, FIRST);
      expect(written.items).toContainEqual(expect.objectContaining({ action: 'law.overridden', subjectId: asked.id, reason: expect.stringMatching(/Article 5\(1\)\(f\).*Counsel approved case 12\./) as string }));
      await platform.workspaces.setLaw(id, { overrideReason: null, speakerRole: 'customer' });
      expect((await ask()).status).toBe('QUEUED');
    });

    it('writes every change down with who made it, once, and nothing that was refused', async () => {
      const { services } = platform;
      const written = async (subjectId: string, who = admin): Promise<readonly string[]> => (await services.audit.list(who, FIRST, { subjectId })).items.map(({ action, actorKeyId }) => `${action} ${actorKeyId}`).reverse();
      const { apiKey } = await services.keys.create(admin, { name: 'noted', role: 'viewer', expiresAt: null });
      await services.keys.rotate(admin, apiKey.id, 60);
      await services.keys.revoke(admin, apiKey.id);
      await services.keys.revoke(admin, apiKey.id);
      await expect(services.keys.rotate(admin, apiKey.id, 60)).rejects.toMatchObject({ code: 'CONFLICT' });
      const by = admin.keyId;
      expect(await written(apiKey.id)).toEqual([`key.made ${by}`, `key.rotated ${by}`, `key.revoked ${by}`]);

      const { recording } = await upload(speechLikeWav(1, 71));
      expect((await upload(speechLikeWav(1, 71))).isNew).toBe(false);
      expect(await written(recording.id)).toEqual([`recording.uploaded ${by}`]);
      const analysis = await services.analyses.request(admin, recording.id, { idempotencyKey: 'noted' });
      await services.analyses.request(admin, recording.id, { idempotencyKey: 'noted' });
      await services.analyses.wait(admin, analysis.id, 60_000);
      await expect(services.analyses.cancel(admin, analysis.id)).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await written(analysis.id)).toEqual([`analysis.requested ${by}`]);

      await services.exports.csv(admin, analysis.id);
      const reads = async (): Promise<readonly string[]> => (await services.audit.list(admin, FIRST, { subjectId: recording.id })).items.map(({ action }) => action).filter((action) => action.endsWith('.read')).sort();
      await expect.poll(reads, { timeout: 30_000 }).toEqual(['analysis.read', 'export.read']);

      const rule = await services.rules.create(admin, { definition: { name: 'Noted', when: { label: { in: ['angry'] } } } });
      await services.rules.update(admin, rule.id, { definition: { name: 'Noted again', when: { label: { in: ['angry'] } } }, expectedVersion: 1 });
      await expect(services.rules.update(admin, rule.id, { definition: { name: 'Late', when: { label: { in: ['angry'] } } }, expectedVersion: 1 })).rejects.toMatchObject({ code: 'CONFLICT' });
      await services.rules.delete(admin, rule.id);
      expect(await written(rule.id)).toEqual([`rule.made ${by}`, `rule.changed ${by}`, `rule.retired ${by}`]);
      const [, changed, made] = (await services.audit.list(admin, FIRST, { subjectId: rule.id })).items;
      expect(changed!.beforeDigest).toBe(made!.afterDigest);

      const { secret } = await services.sessions.open(admin);
      await services.sessions.close(secret);
      await services.sessions.open(admin);
      await services.sessions.closeAll(admin);
      await services.sessions.closeAll(admin);
      const signedIn = (await services.audit.list(admin, FIRST, { actorKeyId: by })).items.map(({ action }) => action).filter((action) => action.startsWith('session'));
      expect(signedIn.reverse()).toEqual(['session.opened', 'session.closed', 'session.opened', 'session.closed-everywhere']);
      await services.sessions.refused();
      expect((await services.audit.list({ ...admin, workspaceId: 'ws_default' }, FIRST, { action: 'session.refused' })).items[0]).toMatchObject({ actorKeyId: 'unknown', subjectKind: 'session' });

      const { id } = await platform.workspaces.create({ name: 'noted', maxStoredBytes: null });
      await platform.workspaces.setQuota(id, 5e9);
      await platform.workspaces.setLaw(id, { purpose: 'medical' });
      expect(await written(id, { ...admin, workspaceId: id })).toEqual(['workspace.made operator', 'workspace.quota-changed operator', 'workspace.law-changed operator']);
      for (const who of [admin, { ...admin, workspaceId: id }]) expect(await services.audit.verify(who)).toMatchObject({ brokenAt: null });
    });

    it('cancels what waits, and says that what has ended cannot be cancelled', async () => {
      const { recording } = await upload(speechLikeWav(1, 5));
      const done = await analyze(recording.id);
      await expect(platform.services.analyses.cancel(admin, done.id)).rejects.toMatchObject({ code: 'CONFLICT' });
      const long = await upload(speechLikeWav(60, 6));
      const running = await platform.services.analyses.request(admin, long.recording.id, {});
      expect((await platform.services.analyses.cancel(admin, running.id)).status).toBe('CANCELLED');
      expect((await platform.services.analyses.wait(admin, running.id, 5000)).status).toBe('CANCELLED');
    });

    it('deletes a recording with its file and everything under it', async () => {
      const bytes = speechLikeWav(1, 7);
      const { recording } = await upload(bytes);
      const analysis = await analyze(recording.id);
      await platform.services.recordings.delete(admin, recording.id, 'asked for');
      expect(await platform.services.recordings.find(admin, recording.id)).toBeNull();
      expect(await platform.services.analyses.find(admin, analysis.id)).toBeNull();
      expect(await platform.blobs.stat(recording.blobKey)).toBeNull();
      expect(await platform.blobs.stat(analysis.trackKey!)).toBeNull();
      // The same bytes again are a new recording, whole.
      const again = await upload(bytes);
      expect(again.isNew).toBe(true);
      const { stream } = await platform.services.recordings.openAudio(admin, again.recording.id);
      expect(Buffer.concat(await stream.toArray())).toEqual(bytes);
    });

    it('refuses to a viewer what needs another role, and shows another workspace nothing', async () => {
      await expect(platform.services.recordings.upload(viewer, { stream: Readable.from([Buffer.from('x')]), fileName: 'x' }, {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(platform.services.models.load(viewer, 'starter')).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const { recording } = await upload(speechLikeWav(1, 8));
      expect(await platform.services.recordings.find({ ...admin, workspaceId: 'ws_other' }, recording.id)).toBeNull();
    });

    it('refuses a digest that the bytes do not have and stores nothing', async () => {
      const before = (await platform.services.recordings.list(admin, FIRST, {}, { field: 'createdAt', direction: 'desc' })).totalCount;
      await expect(platform.services.recordings.upload(admin, { stream: Readable.from([speechLikeWav(1, 9)]), fileName: 'x.wav' }, { sha256: 'ab'.repeat(32) })).rejects.toMatchObject({ code: 'UPLOAD_DIGEST_MISMATCH' });
      expect((await platform.services.recordings.list(admin, FIRST, {}, { field: 'createdAt', direction: 'desc' })).totalCount).toBe(before);
    });

    evaluationCases(() => ({ platform, principal: admin }));
    permittedVoicesCases(() => ({ platform, principal: admin }));

    it('says of every scheduled task what it would do, and does none of it', async () => {
      const { client } = platform.database;
      const rows = async (): Promise<readonly number[]> => asSystem(() => Promise.all([client.recording.count(), client.analysis.count(), client.usageSnapshot.count(), client.evaluationRun.count(), client.archive.count(), client.auditEvent.count({ where: { NOT: { action: { endsWith: '.read' } } } })]));
      const before = await rows();
      for (const { id } of platform.scheduler.tasks) expect([id, (await platform.scheduler.runNow(id, { isDryRun: true })).failure]).toEqual([id, null]);
      expect(await rows()).toEqual(before);
      const ids = ['retention', 'archive-verification', 'orphan-sweep', 'temporary-files', 'disk-watermark', 'quota-report', 'evaluation', 'key-expiry', 'database-maintenance'];
      expect((await platform.services.tasks.list(admin)).map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    });

    it('runs its scheduled tasks by hand and sweeps nothing that is in use', async () => {
      const run = await platform.scheduler.runNow('orphan-sweep');
      expect(run.failure).toBeNull();
      const { items } = await platform.services.recordings.list(admin, FIRST, { tag: 'sample' }, { field: 'createdAt', direction: 'desc' });
      expect(await inWorkspace(admin.workspaceId, () => platform.blobs.readAll(items[0]!.blobKey))).toHaveLength(items[0]!.byteLength);
      expect((await platform.scheduler.runNow('lost-analyses')).failure).toBeNull();
    });
  });
}
