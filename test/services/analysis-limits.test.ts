import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composePlatform, type Platform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import type { AnalysisChargeRepository, ChargedUse } from '../../src/db/analysis-charge.repository.js';
import type { Transaction } from '../../src/db/database.js';
import type { Principal } from '../../src/domain/principal.js';
import { createAnalysisLimits } from '../../src/services/analysis-limits.js';
import { speechLikeWav } from '../support/speech-like.js';

const OFF = { keyAudioMinutes: 0, workspaceAudioMinutes: 0, keyConcurrent: 0, workspaceConcurrent: 0 };
const principal: Principal = { keyId: 'key_1', keyName: 'one', workspaceId: 'ws_default', role: 'admin' };
const another: Principal = { ...principal, keyId: 'key_2', keyName: 'two' };

describe('limits of analyses', () => {
  const nowMs = Date.UTC(2026, 0, 1, 12);
  const nothing: ChargedUse = { audioSeconds: 0, runningCount: 0, oldestAt: null };
  const charging = (key: ChargedUse, workspace = key): AnalysisChargeRepository => ({ lockedUse: () => Promise.resolve({ key, workspace }), use: () => Promise.resolve({ key, workspace }), insert: () => Promise.resolve(), settle: () => Promise.resolve() });
  const tx = {} as Transaction;

  it('are nothing at all while none is set', () => {
    expect(createAnalysisLimits(OFF, charging(nothing))).toBeNull();
  });

  it('say what is left, and when the first of it comes back', async () => {
    const used: ChargedUse = { audioSeconds: 600, runningCount: 1, oldestAt: new Date(nowMs - 20 * 60_000) };
    const limits = createAnalysisLimits({ ...OFF, keyAudioMinutes: 10, keyConcurrent: 3 }, charging(used), () => nowMs)!;
    expect(await limits.allowances(principal)).toMatchObject([{ name: 'keyAudioMinutes', limit: 10, remaining: 0, resetMs: 3600_000 }, { name: 'keyConcurrentAnalyses', limit: 3, remaining: 2, resetMs: null }]);
    await expect(limits.admit(tx, principal, 'ana_1')).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { limit: 10, remaining: 0, retryAfterMs: 40 * 60_000, resetMs: 3600_000 } });
  });

  it('of a workspace count all its keys together', async () => {
    const limits = createAnalysisLimits({ ...OFF, keyConcurrent: 3, workspaceConcurrent: 4 }, charging(nothing, { ...nothing, runningCount: 4 }), () => nowMs)!;
    await expect(limits.admit(tx, principal, 'ana_1')).rejects.toMatchObject({ message: expect.stringContaining('UNDERTONE_WORKSPACE_CONCURRENT_ANALYSES') as string });
  });
});

describe('limits of analyses on the whole platform', () => {
  let dataDir: string;
  let platform: Platform;
  let recordingIds: string[];
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'undertone-limits-'));
    platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_LOG_LEVEL: 'silent', UNDERTONE_KEY_CONCURRENT_ANALYSES: '2', UNDERTONE_WORKSPACE_CONCURRENT_ANALYSES: '3', UNDERTONE_WORKSPACE_AUDIO_MINUTES_PER_HOUR: '1' }, '/nonexistent'), pino({ level: 'silent' }));
    const streams = [createReadStream('samples/conversation.flac'), ...[1, 2, 3].map((seed) => Readable.from(speechLikeWav(1, seed)))];
    recordingIds = [];
    for (const stream of streams) recordingIds.push((await platform.services.recordings.upload(principal, { stream, fileName: 'a' }, {})).recording.id);
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const ask = (who: Principal, index: number) => platform.services.analyses.request(who, recordingIds[index % 4]!, {});
  const left = async (name: string): Promise<number> => (await platform.services.analyses.allowances(principal)).find((one) => one.name === name)!.remaining;

  it('let just as many in as are allowed when all ask at once, and again what has ended', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 6 }, (_, index) => ask(principal, index)));
    const [first, ...rest] = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : []));
    expect(rest).toHaveLength(1);
    for (const one of asked) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'RATE_LIMITED', details: { limit: 2, remaining: 0 } });
    await ask(another, 0);
    await expect(ask(another, 1)).rejects.toMatchObject({ details: { limit: 3, remaining: 0 } });
    await platform.services.analyses.cancel(principal, first!);
    await ask(another, 1);
    expect(await left('workspaceConcurrentAnalyses')).toBe(0);
  });

  it('charge audio once its length is known, and keep it when the recording is deleted', async () => {
    const before = await platform.services.analyses.list(principal, { first: 50, after: null }, {});
    for (const { id, status } of before.items) if (status === 'QUEUED') await platform.services.analyses.cancel(principal, id);
    expect(await left('workspaceAudioMinutes')).toBe(1);
    await platform.startWorker();
    const { id } = await ask(principal, 0);
    expect((await platform.services.analyses.wait(principal, id, 100_000)).status).toBe('SUCCEEDED');
    const remaining = await left('workspaceAudioMinutes');
    expect(remaining).toBeLessThan(1);
    await platform.services.recordings.delete(principal, recordingIds[0]!, null);
    expect(await left('workspaceAudioMinutes')).toBe(remaining);
  });
});
