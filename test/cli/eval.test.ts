import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EvaluationReport } from '../../src/domain/evaluation-report.js';
import { withFigures } from '../../scripts/update-model-card.mjs';
import { parseCsv } from '../../src/domain/csv.js';
import { runCommand } from './fake-runtime.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-eval-'));
  await mkdir(join(folder, 'clips'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Row { truth: string; answer?: string; confidence?: number; fail?: boolean; gate?: 'music'; speaker: string; corpus?: string }

async function manifest(rows: readonly Row[]): Promise<string> {
  const lines = ['path,emotion,speaker,corpus,split'];
  for (const [i, row] of rows.entries()) {
    const content = row.fail === true ? { fail: 'NOT_AUDIO' } : row.gate === undefined ? { label: row.answer ?? row.truth, confidence: row.confidence ?? 0.8, number: i } : { gate: row.gate, number: i };
    await writeFile(join(folder, 'clips', `${i}.wav`), JSON.stringify(content));
    lines.push(`clips/${i}.wav,${row.truth},${row.speaker},${row.corpus ?? 'one'},dev`);
  }
  const path = join(folder, 'manifest.csv');
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

async function evaluate(path: string, ...extra: string[]): Promise<{ code: number; report: EvaluationReport; err: string }> {
  const { code, out, err } = await runCommand(['eval', path, '--json', '--resamples', '200', ...extra]);
  return { code, report: JSON.parse(out) as EvaluationReport, err };
}

describe('eval', () => {
  it('measures through the platform and gives figures with intervals by speaker', async () => {
    const { code, report } = await evaluate(await manifest([
      { truth: 'angry', speaker: 'A' }, { truth: 'angry', answer: 'sad', speaker: 'A' }, { truth: 'sad', speaker: 'B' }, { truth: 'sad', speaker: 'B' }, { truth: 'happy', speaker: 'C' },
    ]));
    expect(code).toBe(0);
    expect(report.model.id).toBe('fake');
    expect(report.overall.metrics.weightedAccuracy).toBeCloseTo(0.8, 12);
    expect(report.overall.metrics.unweightedAccuracy).toBeCloseTo((0.5 + 1 + 1) / 3, 12);
    expect(report.overall.intervals).toMatchObject({ clusterCount: 3, resamples: 200 });
    expect(report.overall.confusion[0]).toEqual([1, 0, 1, 0]);
    expect(report.mostConfidentMistakes).toEqual([{ path: 'clips/1.wav', truth: 'angry', answered: 'sad', confidence: 0.8 }]);
  });

  it('leaves out labels that the model does not know, counts them and says so', async () => {
    const { report, err } = await evaluate(await manifest([{ truth: 'sad', speaker: 'A' }, { truth: 'anger', speaker: 'A' }, { truth: 'bored', speaker: 'B' }]));
    expect(report.overall.metrics.itemCount).toBe(1);
    expect(report.excluded.unknownLabels).toEqual([{ label: 'anger', count: 1, suggestion: 'angry' }, { label: 'bored', count: 1, suggestion: null }]);
    expect(err).toContain('did you mean `angry`? Then --map anger=angry');
  });

  it('maps labels when told', async () => {
    const { report } = await evaluate(await manifest([{ truth: 'anger', answer: 'angry', speaker: 'A' }]), '--map', 'anger=angry');
    expect(report.overall.metrics.weightedAccuracy).toBe(1);
    expect(report.labelMapping).toEqual({ anger: 'angry' });
  });

  it('names files that failed, leaves them out and ends with 1', async () => {
    const { code, report } = await evaluate(await manifest([{ truth: 'sad', speaker: 'A' }, { truth: 'sad', fail: true, speaker: 'B' }]));
    expect(code).toBe(1);
    expect(report.excluded.failed).toEqual([{ path: 'clips/1.wav', code: 'NOT_AUDIO', message: 'This is not audio.' }]);
    expect(report.overall.metrics.itemCount).toBe(1);
  });

  it('counts what the gate kept back as wrong, in a column of its own', async () => {
    const { report } = await evaluate(await manifest([{ truth: 'sad', speaker: 'A' }, { truth: 'sad', gate: 'music', speaker: 'B' }]));
    expect(report.overall.metrics).toMatchObject({ weightedAccuracy: 0.5, notJudgedCount: 1 });
    expect(report.overall.confusion[2]).toEqual([0, 0, 1, 1]);
  });

  it('gives figures for each value of a column', async () => {
    const { report } = await evaluate(await manifest([{ truth: 'sad', speaker: 'A', corpus: 'x' }, { truth: 'sad', answer: 'happy', speaker: 'B', corpus: 'y' }]), '--group-by', 'corpus');
    expect(report.groups.map(({ group, metrics }) => [group, metrics.weightedAccuracy])).toEqual([['x', 1], ['y', 0]]);
  });

  it('notices the same recording under two names', async () => {
    const path = await manifest([{ truth: 'sad', speaker: 'A' }, { truth: 'sad', speaker: 'B' }]);
    await writeFile(join(folder, 'clips', '1.wav'), await readFile(join(folder, 'clips', '0.wav')));
    const { report } = await evaluate(path);
    expect(report.warnings.join('\n')).toContain('clips/0.wav = clips/1.wav');
  });

  it('writes a report that stands alone, as HTML, JSON and CSV', async () => {
    const path = await manifest([{ truth: 'sad', speaker: '<b>A</b>', corpus: 'x' }, { truth: 'angry', answer: 'sad', speaker: 'B', corpus: 'y' }]);
    const { report } = await evaluate(path, '--report', join(folder, 'report'), '--group-by', 'corpus');
    const html = await readFile(join(folder, 'report', 'report.html'), 'utf8');
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|<link|@import|src=/);
    for (const title of ['Confusion matrix', 'Reliability', 'Coverage and accuracy', 'corpus = x', 'Most confident mistakes']) expect(html).toContain(title);
    expect(JSON.parse(await readFile(join(folder, 'report', 'report.json'), 'utf8'))).toEqual(report);
    const rows = parseCsv(await readFile(join(folder, 'report', 'items.csv'), 'utf8')).map(({ fields }) => fields);
    expect(rows[2]!.slice(0, 5)).toEqual(['clips/1.wav', 'B', 'angry', 'sad', 'false']);
  });

  it('prints a table for people', async () => {
    const { out } = await runCommand(['eval', await manifest([{ truth: 'sad', speaker: 'A' }, { truth: 'angry', speaker: 'B' }]), '--resamples', '200']);
    expect(out).toMatch(/UA +1\.000 +1\.000 – 1\.000/);
    expect(out).toMatch(/class +items +precision +recall +F1 +→angry +→happy +→sad +→none/);
  });

  it('refuses a manifest whose files are not there, naming them and the folder, before any work', async () => {
    const path = await manifest([{ truth: 'sad', speaker: 'A' }]);
    await rm(join(folder, 'clips', '0.wav'));
    const { code, out, err } = await runCommand(['eval', path]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/line 2: no readable file .*clips\/0\.wav\n.*--data-root DIR/);
  });

  it.each([
    [['nowhere.csv'], /The manifest nowhere\.csv cannot be read/],
    [['M', '--group-by', 'corpsu'], /did you mean `corpus`\?/],
    [['M', '--split', 'test'], /no item has split `test`/],
    [['M', '--column', 'label'], /Got `label`; write NAME=VALUE/],
    [['M', '--resamples', '5'], /a whole number from 100 to 100000/],
  ])('refuses %j with 2', async (argv, message) => {
    const path = await manifest([{ truth: 'sad', speaker: 'A' }]);
    const { code, err } = await runCommand(['eval', ...argv.map((word) => (word === 'M' ? path : word))]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });
});

describe('the figures of a model card', () => {
  it('come from a report, replace the old ones and leave the rest of the card alone', async () => {
    const { report } = await evaluate(await manifest([{ truth: 'sad', speaker: 'A', corpus: 'x' }, { truth: 'angry', answer: 'sad', speaker: 'B', corpus: 'y' }, { truth: 'bored', speaker: 'B', corpus: 'y' }]), '--group-by', 'corpus');
    const card = withFigures('before\n<!-- eval:start -->\nold figures\n<!-- eval:end -->\nafter\n', report);
    expect(card).toMatch(/^before\n<!-- eval:start -->\nMeasured with `undertone eval`[^]*\n<!-- eval:end -->\nafter\n$/);
    expect(card).not.toContain('old figures');
    expect(card).toContain('| x | 1 | 1 | 1.000 [1.000, 1.000] |');
    expect(card).toContain('| angry | 1 | 0.000 | 0.000 [0.000, 0.000] | 0.000 | 0 | 0 | 1 | 0 |');
    expect(card).toContain('1 × bored');
    expect(() => withFigures('no marks', report)).toThrow('the card has no');
  });
});
