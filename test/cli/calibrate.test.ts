import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Calibration } from '../../src/domain/calibration.js';
import type { EvaluationReport } from '../../src/domain/evaluation-report.js';
import { parseManifest, writeCalibration } from '../../src/inference/model-manifest.js';
import { fakeRuntime, runCommand } from './fake-runtime.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-calibrate-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A folder for each label; the fake answers what is written in each file. */
async function labelled(count: number): Promise<string> {
  for (const label of ['angry', 'sad']) await mkdir(join(folder, label), { recursive: true });
  for (let i = 0; i < count; i++) await writeFile(join(folder, i % 2 === 0 ? 'sad' : 'angry', `${i}, a.wav`), JSON.stringify({ label: i % 8 === 1 ? 'happy' : i % 2 === 0 ? 'sad' : 'angry', number: i }));
  await writeFile(join(folder, 'sad', 'notes.txt'), 'not a recording');
  return folder;
}

describe('eval of a folder for each label', () => {
  it('takes the folders as labels and their recordings as items', async () => {
    const { code, out } = await runCommand(['eval', await labelled(8), '--json', '--resamples', '100']);
    const report = JSON.parse(out) as EvaluationReport;
    expect(code).toBe(0);
    expect(report.overall.metrics).toMatchObject({ itemCount: 8, weightedAccuracy: 7 / 8 });
    expect(report.slices.map(({ dimension }) => dimension)).toContain('snr');
    expect(report.slices.every(({ isSmall }) => isSmall)).toBe(true);
  });

  it('refuses a folder without any', async () => {
    await mkdir(join(folder, 'angry'));
    const { code, err } = await runCommand(['eval', folder]);
    expect(code).toBe(2);
    expect(err).toMatch(/a folder for each label .*1 folders here/);
  });

  it('puts another model beside it, and both into the report with links to the recordings', async () => {
    const { out, err } = await runCommand(['eval', await labelled(8), '--compare', 'fake', '--report', join(folder, 'report'), '--resamples', '100']);
    expect(out).toMatch(/against fake 1\.2\.0 {2}8 items; only fake right: 0, only fake right: 0; McNemar exact p = 1\.00/);
    expect(err).toContain('Report:');
    const html = await readFile(join(folder, 'report', 'report.html'), 'utf8');
    expect(html).toContain('Compared with fake 1.2.0');
    expect(html).toContain('By condition');
    expect(html).toMatch(/href="file:\/\/\/.*angry\/1,%20a\.wav"/);
  });
});

describe('calibrate', () => {
  it('fits on labelled recordings, says how it holds on speakers left out, and writes only when told', async () => {
    const written: [string, Calibration][] = [];
    const runtime = fakeRuntime({ models: { calibrate: (id, calibration) => Promise.resolve(void written.push([id, calibration])) } });
    const first = await runCommand(['calibrate', await labelled(80), '--json', '--coverage', '0.8'], { runtime });
    const { calibration, heldOut, version, written: isWritten } = JSON.parse(first.out) as { calibration: Calibration; heldOut: { itemCount: number }; version: string; written: boolean };
    expect([first.code, written, isWritten]).toEqual([0, [], false]);
    expect(calibration).toMatchObject({ coverage: 0.8, itemCount: 80, speakerCount: 80 });
    expect(heldOut.itemCount).toBe(80);
    expect(version).toMatch(/^[0-9a-f]{16}$/);
    const second = await runCommand(['calibrate', folder, '--coverage', '0.8', '--write'], { runtime });
    expect(written).toEqual([['fake', calibration]]);
    expect(second.out).toMatch(/truth in the set +\d+\.\d % \(wanted 80\.0 %\)/);
    expect(second.err).toContain(`calibration ${version}`);
  });

  it('refuses too few recordings and a share that is none', async () => {
    expect((await runCommand(['calibrate', await labelled(10)])).err).toMatch(/10 recordings were judged; at least 50 are needed/);
    expect((await runCommand(['calibrate', folder, '--risk', '1'])).err).toMatch(/a number between 0 and 1/);
  });
});

describe('writing a calibration', () => {
  it('replaces that of the manifest and nothing else', async () => {
    const text = await readFile(new URL('../../models/starter/manifest.json', import.meta.url), 'utf8');
    await mkdir(join(folder, 'starter'));
    await writeFile(join(folder, 'starter', 'manifest.json'), text);
    const calibration = { temperature: 1.25, setThreshold: 0.1, coverage: 0.9, abstainBelow: 0.5, risk: 0.2, itemCount: 60, speakerCount: 10 };
    await writeCalibration(join(folder, 'starter'), calibration);
    const after = parseManifest(await readFile(join(folder, 'starter', 'manifest.json'), 'utf8'), 'starter');
    expect(after).toEqual({ ...parseManifest(text, 'starter'), calibration });
    await expect(writeCalibration(join(folder, 'starter'), { temperature: -1 })).rejects.toMatchObject({ code: 'MODEL_INVALID' });
  });
});
