import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileReport } from '../../src/domain/analysis-report.js';

const SAMPLE = join('samples', 'conversation.flac');
const START = "const { demoMain } = await import('./dist/src/cli/demo.main.js'); process.exitCode = await demoMain(process.argv.slice(1), { packageRoot: process.cwd(), environment: process.env });";

let temporary: string;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'undertone-demo-test-'));
});
afterEach(() => rm(temporary, { recursive: true }));

interface Running {
  readonly ended: Promise<number | null>;
  readonly out: () => string;
  readonly err: () => string;
  readonly stop: () => void;
}

/** The demo as `npm run demo` has it after the set-up, with a temporary folder of its own to look into. */
function demo(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, ['--input-type=module', '-e', START, '--', ...argv], { env: { ...process.env, TMPDIR: temporary, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
  return { ended: once(child, 'close').then(([code]) => code as number | null), out: () => out, err: () => err, stop: () => void child.kill('SIGINT') };
}

describe('the demo', { timeout: 120_000 }, () => {
  it('sends files through the API, prints JSON only, does the others when one fails, and leaves nothing behind', async () => {
    const bad = join(temporary, 'bad.wav');
    await writeFile(bad, 'this is not audio');
    // A database of a real installation in the environment: it must not be touched, and this one could not even be reached.
    const clip = join(temporary, 'clip.wav');
    execFileSync('ffmpeg', ['-v', 'error', '-i', SAMPLE, '-t', '4.5', clip]);
    const { ended, out, err } = demo([bad, SAMPLE, clip, '--json'], { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/real' });
    expect(await ended, err()).toBe(1);
    const reports = out().trim().split('\n').map((line) => JSON.parse(line) as FileReport);
    expect(reports).toHaveLength(3);
    expect(reports[0]).toMatchObject({ file: bad, problem: { code: 'NOT_AUDIO' } });
    expect(reports[1]).toMatchObject({ file: SAMPLE, model: { id: 'starter' }, gate: { kind: 'speech' }, embedding: { kind: 'utterance' }, quality: { originalSampleRateHz: 16_000 } });
    // Nobody asked for speakers: the conversation says what is not known, the short clip of one voice does not.
    expect(reports.slice(1).map((report) => ('warnings' in report ? report.warnings.map(({ code }) => code) : report))).toEqual([['MONO_MIX_OF_SPEAKERS'], []]);
    expect(err()).toMatch(/listens on http:\/\/127\.0\.0\.1:\d+\n[^]*100 % .*conversation\.flac/);
    expect((await readdir(temporary)).sort()).toEqual(['bad.wav', 'clip.wav']);
  });

  it('interrupted in mid-start ends the server, removes its folder and exits with 130', async () => {
    const running = demo([SAMPLE]);
    await untilThere(async () => (await readdir(temporary)).length > 0);
    running.stop();
    expect(await running.ended).toBe(130);
    expect(running.out()).toBe('');
    expect(await readdir(temporary)).toEqual([]);
  });

  it('refuses an unknown option with 2 before anything is started', async () => {
    const running = demo(['--jsno']);
    expect(await running.ended).toBe(2);
    expect(running.err()).toContain('Did you mean --json?');
    expect(running.err()).not.toContain('Starting');
  });
});

async function untilThere(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => { setImmediate(resolve); });
}
