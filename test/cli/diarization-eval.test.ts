import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, fakeRuntime } from './fake-runtime.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ut-der-'));
  const line = (file: string, start: number, seconds: number, who: string): string => `SPEAKER ${file} 1 ${start} ${seconds} <NA> <NA> ${who} <NA> <NA>\n`;
  writeFileSync(join(dir, 'ref.rttm'), line('one', 0, 10, 'Ann') + line('two', 0, 30, 'Bob'));
  writeFileSync(join(dir, 'hyp.rttm'), line('one', 0, 8, 'x') + line('two', 0, 30, 'y') + line('three', 0, 9, 'z'));
  writeFileSync(join(dir, 'other.rttm'), line('four', 0, 1, 'x') + line('five', 0, 1, 'x'));
  writeFileSync(join(dir, 'broken.rttm'), 'SPEAKER one 1 soon 8 <NA> <NA> x\n');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('eval --diarization', () => {
  it('scores each recording and all of them, with both collars, with and without overlap', async () => {
    const { code, out } = await runCommand(['eval', '--diarization', join(dir, 'ref.rttm'), join(dir, 'hyp.rttm'), '--json'], { runtime: fakeRuntime() });
    expect(code).toBe(0);
    const { scores } = JSON.parse(out) as { scores: { collarSeconds: number; scoresOverlap: boolean; overall: { rate: number }; files: { file: string; rate: number }[] }[] };
    expect(scores.map(({ collarSeconds, scoresOverlap }) => [collarSeconds, scoresOverlap])).toEqual([[0, true], [0, false], [0.25, true], [0.25, false]]);
    expect(scores[0]!.files.map(({ file, rate }) => [file, rate])).toEqual([['one', 0.2], ['two', 0]]);
    expect(scores[0]!.overall.rate).toBe(0.05);
  });

  it('prints a table for people', async () => {
    const { out } = await runCommand(['eval', '--diarization', join(dir, 'ref.rttm'), join(dir, 'hyp.rttm')], { runtime: fakeRuntime() });
    expect(out).toContain('collar 0.25 s, overlapped speech left out');
    expect(out).toMatch(/one +20\.0 % +20\.0 %/);
  });

  it.each([['broken.rttm', /line 1: start and duration/], ['other.rttm', /no recording in common/], ['none.rttm', /cannot be read/]])('says what is wrong with %s', async (file, reason) => {
    const { code, err } = await runCommand(['eval', '--diarization', join(dir, 'ref.rttm'), join(dir, file)], { runtime: fakeRuntime() });
    expect(code).not.toBe(0);
    expect(err).toMatch(reason);
  });
});

describe('analyze with speakers', () => {
  it.each([[['--speakers', 'sometimes'], /Allowed choices are none, channels, auto, rttm:FILE/], [['--roles', 'agent'], /left=agent,right=customer/], [['--speaker-count', '0'], /whole number from 1 to 20/]])('refuses %j as bad usage', async (options, reason) => {
    const { code, err } = await runCommand(['analyze', 'x.wav', ...options], { runtime: fakeRuntime() });
    expect(code).toBe(2);
    expect(err).toMatch(reason);
  });

  it('writes who spoke when as RTTM, nothing for a file without speakers', async () => {
    const file = join(dir, 'call.json');
    writeFileSync(file, JSON.stringify({ label: 'sad' }));
    const { code } = await runCommand(['analyze', file, '--json', '--rttm', join(dir, 'out.rttm')], { runtime: fakeRuntime() });
    expect([code, readFileSync(join(dir, 'out.rttm'), 'utf8')]).toEqual([0, '']);
  });
});
