import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AnalysisReport, FileReport } from '../../src/domain/analysis-report.js';
import { plotPath } from '../../src/cli/analyze.command.js';
import { fakeRuntime, runCommand } from './fake-runtime.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-cli-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, content: object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(content));
  return path;
}
const lines = (text: string): FileReport[] => text.trim().split('\n').map((line) => JSON.parse(line) as FileReport);

describe('analyze --json', () => {
  it('prints one object a line with the contract\'s fields and nothing else on stdout', async () => {
    const path = await file('a.wav', { label: 'angry', confidence: 0.7 });
    const { code, out, err } = await runCommand(['analyze', path, '--json']);
    const [report] = lines(out) as [AnalysisReport];
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(Object.keys(report)).toEqual(expect.arrayContaining(['file', 'sha256', 'durationSeconds', 'model', 'gate', 'quality', 'warnings', 'summary', 'segments', 'embedding']));
    expect(report).toMatchObject({
      file: path, durationSeconds: 4, model: { id: 'fake', version: '1.2.0', digest: 'd'.repeat(64) }, gate: { kind: 'speech' },
      summary: { label: 'angry', confidence: 0.7, scores: { angry: 0.7 } }, embedding: { dimension: 4, kind: 'utterance' },
      segments: [{ startSeconds: 0.2, endSeconds: 3.7, speaker: null, label: 'angry', confidence: 0.7, scores: { angry: 0.7 } }],
    });
    expect(report.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('reports a failed file in its place, does the others and ends with 1', async () => {
    const bad = await file('bad.wav', { fail: 'NOT_AUDIO' });
    const { code, out } = await runCommand(['analyze', bad, join(folder, 'missing.wav'), await file('good.wav', {}), '--json']);
    const reports = lines(out);
    expect(code).toBe(1);
    expect(reports[0]).toEqual({ file: bad, problem: { code: 'NOT_AUDIO', message: 'This is not audio.' } });
    expect(reports[1]).toMatchObject({ problem: { code: 'NOT_FOUND' } });
    expect(reports[2]).toMatchObject({ summary: { label: 'sad' } });
  });

  it('says nothing about a window that the gate kept back, instead of a label', async () => {
    const { out } = await runCommand(['analyze', await file('song.wav', { gate: 'music' }), '--json']);
    expect(lines(out)[0]).toMatchObject({ gate: { kind: 'music' }, summary: null, embedding: null, segments: [{ label: null, confidence: null, scores: {}, gate: 'music' }] });
  });
});

describe('analyze for people', () => {
  it('shows summary, scores, segments, timeline and warnings, without colours on a pipe', async () => {
    const { out } = await runCommand(['analyze', await file('a.wav', { label: 'happy' })]);
    expect(out).toMatch(/happy {2}confidence 80\.0 % \(not calibrated\)/);
    expect(out).toMatch(/happy +│[·▁▂▃▄▅▆▇█]+│/);
    expect(out).toMatch(/0:00\.2 +0:03\.7/);
    expect(out).toContain('⚠ UNCALIBRATED');
    expect(out).not.toContain('\u001B');
  });

  it('says plainly when it declines and when nothing was judged', async () => {
    const unsure = await runCommand(['analyze', await file('unsure.wav', { confidence: 0.35 })]);
    const song = await runCommand(['analyze', await file('song.wav', { gate: 'music' })]);
    expect(unsure.out).toContain('unsure, nearest is');
    expect(song.out).toContain('not judged: It is music.');
  });

  it('does not pass control characters of a file name to the terminal', async () => {
    const { out } = await runCommand(['analyze', await file('a\u001B[31m.wav', {})]);
    expect(out).not.toContain('\u001B');
  });

  it('writes plain progress lines only when asked to', async () => {
    const path = await file('a.wav', {});
    const verbose = await runCommand(['analyze', path, '--json', '--verbose']);
    expect(verbose.err).toMatch(/a\.wav …\n[^]*50 % a\.wav\na\.wav: done\n/);
    expect(lines(verbose.out)).toHaveLength(1);
  });
});

describe('analyze --csv', () => {
  it('prints a header, the whole and each segment', async () => {
    const { out } = await runCommand(['analyze', await file('a.wav', { label: 'angry', confidence: 0.5 }), '--csv']);
    const rows = out.trim().split('\n').map((line) => line.split(','));
    expect(rows[0]!.slice(-3)).toEqual(['angry', 'happy', 'sad']);
    expect(rows[1]).toEqual(expect.arrayContaining(['(whole)', 'angry', '0.5']));
    expect(rows[2]!.slice(2, 4)).toEqual(['0.2', '3.7']);
    expect(rows).toHaveLength(3);
  });
});

describe('analyze --out', () => {
  it('writes the folder of the common web page, with all nine scores and a (1, D) embedding', async () => {
    const out = join(folder, 'out');
    await runCommand(['analyze', await file('a.wav', { label: 'angry', confidence: 0.7 }), '--out', out]);
    const [name] = await readdir(out);
    expect(name).toMatch(/^outputs_\d{8}_\d{6}$/);
    expect((await readdir(join(out, name!))).sort()).toEqual(['embedding.npy', 'processed_audio.wav', 'result.json']);
    const result = JSON.parse(await readFile(join(out, name!, 'result.json'), 'utf8')) as { scores: Record<string, number>; timestamp: string };
    expect(result).toMatchObject({ emotion: 'angry', confidence: 0.7, granularity: 'utterance' });
    expect(Object.keys(result.scores)).toEqual(['angry', 'disgusted', 'fearful', 'happy', 'neutral', 'other', 'sad', 'surprised', 'unknown']);
    expect(name).toContain(result.timestamp);
    const npy = await readFile(join(out, name!, 'embedding.npy'));
    expect(npy.subarray(0, 6).toString('latin1')).toBe('\u0093NUMPY');
    expect(npy.toString('latin1')).toContain("'shape': (1, 4)");
    const wav = await readFile(join(out, name!, 'processed_audio.wav'));
    expect([wav.toString('latin1', 0, 4), wav.readUInt32LE(24), wav.readUInt16LE(22), wav.length]).toEqual(['RIFF', 16_000, 1, 44 + 12]);
    expect([wav.readInt16LE(46), wav.readInt16LE(50), wav.readInt16LE(52)]).toEqual([16_384, 32_767, -32_768]);
  });

  it('with --frames writes a row and a label for each frame', async () => {
    const out = join(folder, 'out');
    await runCommand(['analyze', await file('a.wav', {}), '--out', out, '--frames']);
    const [name] = await readdir(out);
    const result: unknown = JSON.parse(await readFile(join(out, name!, 'result_frame.json'), 'utf8'));
    expect(result).toMatchObject({ granularity: 'frame', frame_count: 2, frame_hop_seconds: 0.02, frame_emotions: ['angry', 'sad'] });
    expect((await readFile(join(out, name!, 'embedding.npy'))).toString('latin1')).toContain("'shape': (2, 4)");
  });

  it('writes recordings of one second into folders of their own, named by a time and in the order of the files', async () => {
    const out = join(folder, 'out');
    const files = await Promise.all(Array.from({ length: 12 }, (_, index) => file(`${index}.wav`, { confidence: (index + 1) / 100 })));
    await runCommand(['analyze', ...files, '--out', out]);
    const names = (await readdir(out)).sort();
    expect(names).toHaveLength(12);
    const results = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(out, name, 'result.json'), 'utf8')) as { timestamp: string; confidence: number }));
    expect(results.map(({ confidence }) => Math.round(100 * confidence))).toEqual(names.map((_, index) => index + 1));
    for (const [index, name] of names.entries()) {
      expect(name).toMatch(/^outputs_\d{8}_\d{6}$/);
      expect(results[index]!.timestamp).toBe(name.slice('outputs_'.length));
    }
  });
});

describe('analyze --plot', () => {
  it('draws one file where it was told and several beside each other', async () => {
    const path = join(folder, 'plot.svg');
    const { code } = await runCommand(['analyze', await file('a.wav', {}), '--plot', path]);
    expect(code).toBe(0);
    const svg = await readFile(path, 'utf8');
    expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
    // The fake's segment has two frames, the first leaning to `angry`, the second to `sad`: two bins, not one.
    expect(svg.match(/fill="url\(#label2\)" stroke="#ffffff"/g)).toHaveLength(2);
    const files = ['/y/call.wav', '/z/call.mp3'];
    expect(files.map((file) => plotPath('/x/plot.svg', file, files))).toEqual(['/x/plot-call.svg', '/x/plot-call-2.svg']);
  });
});

describe('bad usage', () => {
  it.each([
    [['analyze'], /missing required argument 'file'/],
    [['analyze', 'x', '--jsno'], /unknown option '--jsno'\n\(Did you mean --json\?\)/],
    [['analize', 'x'], /unknown command 'analize'\n\(Did you mean analyze\?\)/],
    [['analyze', 'x', '--json', '--csv'], /cannot be used with/],
    [['analyze', 'x', '--speakers', 'two'], /Allowed choices are none, channels, auto/],
    [['analyze', 'x', '--model', 'nope'], /MODEL_UNKNOWN: No model nope; installed are: fake/],
    [['doctor', 'extra'], /too many arguments/],
    [[], /Usage: undertone/],
  ])('%j ends with 2, says what is allowed on stderr and prints nothing on stdout', async (argv, message) => {
    const { code, out, err } = await runCommand(argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(out).toBe('');
  });

  it('is not asking for help or the version', async () => {
    expect(await runCommand(['--version'])).toEqual({ code: 0, out: '9.9.9\n', err: '' });
    const help = await runCommand(['analyze', '--help']);
    expect(help.code).toBe(0);
    expect(help.out).toContain('Exit codes: 0 done, 1 a file failed');
  });
});

describe('a reader that goes away', () => {
  it('ends the command quietly with 0 and gives the model back', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })) });
    broken.on('error', () => undefined);
    const runtime = fakeRuntime();
    const { code, err } = await runCommand(['analyze', await file('a.wav', {}), '--json'], { out: broken, runtime });
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(runtime.closedCount()).toBe(1);
  });
});

describe('an interruption', () => {
  it('ends with 130 and starts no further file', async () => {
    const { code, out, err } = await runCommand(['analyze', await file('a.wav', {}), '--json'], { signal: AbortSignal.abort() });
    expect([code, out, err]).toEqual([130, '', 'Interrupted.\n']);
  });
});
