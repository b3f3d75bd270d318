import { readdir, readlink, rm, stat, utimes } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FfmpegDecoder } from '../../src/audio/ffmpeg-decoder.js';
import { isUndertoneError } from '../../src/domain/errors.js';
import { hostileCorpus, type HostileFile } from '../audio/support/hostile-corpus.js';
import { tone, useWorkspace, wavBytes } from '../audio/support/sound-files.js';

const files = useWorkspace();
const LONG_AGO = new Date('2001-01-01T00:00:00Z');
const TIMEOUT_MS = 5000;
/** On a machine that others use too; the decoder's own clock is what stops it. */
const GRACE_MS = 10_000;
const AT_ONCE = 2;
const EXPECTED = /^(decoded|NOT_AUDIO|NO_AUDIO_STREAM|AUDIO_CORRUPT|AUDIO_LIMIT_EXCEEDED|AUDIO_TOO_LONG|UPLOAD_EMPTY)$/;

/** Processes but ours that have a file of this folder open. */
async function holders(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) if ((await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')).startsWith(files.folder)) found.push(pid);
  }
  return found;
}

describe('two thousand hostile files and more', () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  beforeAll(() => new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); }));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('are decoded or refused with a code: no crash, no hang, no other file read, no connection, nothing left behind', async () => {
    const secretPath = await files.put('canary.wav', wavBytes(tone(1234, 3.21, 16_000), { rateHz: 16_000 }));
    // Older than its own content: the next read of it shows, on file systems that note reads at all.
    await utimes(secretPath, LONG_AGO, LONG_AGO);
    const decoder = new FfmpegDecoder();
    const faults: string[] = [];
    const counts = new Map<string, number>();
    const rssBefore = process.memoryUsage().rss;

    const tryOne = async ({ name, bytes, isPointer }: HostileFile): Promise<void> => {
      const path = await files.put(name, bytes);
      const startedMs = performance.now();
      let outcome: string;
      try {
        const { pcm } = await decoder.decode(path, files.options({ maxSeconds: 60, timeoutMs: TIMEOUT_MS }));
        outcome = 'decoded';
        await pcm.dispose();
      } catch (error) {
        outcome = isUndertoneError(error) ? error.code : String(error);
      }
      await rm(path);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      if (!EXPECTED.test(outcome) || (isPointer && outcome === 'decoded')) faults.push(`${name}: ${outcome}`);
      const tookMs = performance.now() - startedMs;
      if (tookMs > TIMEOUT_MS + GRACE_MS) faults.push(`${name}: ${Math.round(tookMs)} ms`);
    };

    const corpus = hostileCorpus(files, { httpUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, secretPath });
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let next = await corpus.next(); next.done !== true; next = await corpus.next()) await tryOne(next.value);
    }));

    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect(faults).toEqual([]);
    expect(total).toBeGreaterThanOrEqual(2000);
    // Both ends of the corpus did their part: enough of it still plays, and enough is refused.
    expect(counts.get('decoded')).toBeGreaterThan(200);
    expect(total - counts.get('decoded')!).toBeGreaterThan(500);
    expect(connections).toBe(0);
    expect((await stat(secretPath)).atimeMs).toBe(LONG_AGO.getTime());
    expect(await files.leftovers()).toEqual([]);
    expect(await holders()).toEqual([]);
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(500 * 1024 ** 2);
  }, 900_000);
});
