import { describe, expect, it } from 'vitest';
import { checkLabels, ManifestError, readManifest } from '../../src/domain/evaluation-manifest.js';

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ManifestError) return error.problems;
    throw error;
  }
  return [];
}

describe('evaluation manifest', () => {
  it('reads quoted fields, a byte-order mark, CRLF and columns in any order', () => {
    const manifest = readManifest('\uFEFFspeaker,emotion,path\r\n"A, the first",angry,"a ""b"".wav"\r\n\r\nB,sad,c.wav\r\n');
    expect(manifest.items.map(({ path, label, speaker }) => [path, label, speaker])).toEqual([['a "b".wav', 'angry', 'A, the first'], ['c.wav', 'sad', 'B']]);
    expect(manifest.items[1]!.line).toBe(4);
  });

  it('prefers `label` to `emotion` and takes another column when told', () => {
    const text = 'path,label,emotion\na.wav,x,angry\n';
    expect(readManifest(text).items[0]!.label).toBe('x');
    expect(readManifest(text, { columns: { label: 'emotion' } }).items[0]!.label).toBe('angry');
  });

  it('maps labels and keeps only the split that is asked for', () => {
    const manifest = readManifest('path,label,split\na.wav,anger,dev\nb.wav,anger,train\n', { labels: { anger: 'angry' }, split: 'dev' });
    expect(manifest.items.map(({ path, label }) => [path, label])).toEqual([['a.wav', 'angry']]);
  });

  it('names every fault with its line at once', () => {
    const problems = problemsOf(() => readManifest('path,label\na.wav,sad\n,sad\nb.wav,\na.wav,angry\nc.wav,sad,x\n'));
    expect(problems).toEqual([
      'line 3: the path is empty',
      'line 4: the label is empty (b.wav)',
      'line 6: 3 fields, but the header has 2',
      'line 5: a.wav is already on line 2 with another label (sad)',
    ]);
  });

  it('suggests the column and the split that were meant', () => {
    expect(problemsOf(() => readManifest('path,label,emotion\n', { columns: { label: 'emotoin' } }))[0]).toContain('did you mean `emotion`?');
    expect(problemsOf(() => readManifest('path,label,split\na,b,dev\n', { split: 'devv' }))[0]).toContain('did you mean `dev`?');
    expect(problemsOf(() => readManifest('path,label\na,b\n', { columns: { lable: 'x' } }))[0]).toContain('`lable` is not a role');
  });

  it('refuses a file without a header, without items, without a label column, or with an open quote', () => {
    expect(problemsOf(() => readManifest(''))).toHaveLength(1);
    expect(problemsOf(() => readManifest('path,label\n'))).toEqual(['the manifest has a header but no items']);
    expect(problemsOf(() => readManifest('path,feeling\na,b\n'))[0]).toContain('no label column');
    expect(problemsOf(() => readManifest('path,label\n"a,b\n'))).toEqual(['the quote opened on line 2 is never closed']);
  });

  it('lists at most twenty problems and counts the rest', () => {
    const problems = problemsOf(() => readManifest(`path,label\n${'x,\n'.repeat(30)}`));
    expect(problems).toHaveLength(21);
    expect(problems[20]).toBe('… and 10 more');
  });

  it('warns of few items, few of a class, unnamed speakers and speakers in two splits', () => {
    const { warnings } = readManifest('path,label,speaker,split\na,sad,A,train\nb,sad,A,dev\nc,sad,,dev\n');
    expect(warnings.join('\n')).toMatch(/only 3 items.*\nfewer than 5 items of sad \(3\)\n1 items name no speaker.*\n1 speakers occur in more than one split \(A\)/);
  });

  it('parts labels that the model cannot answer, counts them and names the nearest', () => {
    const { items } = readManifest('path,label\na,sad\nb,anger\nc,anger\nd,bored\n');
    expect(checkLabels(items, ['angry', 'sad'])).toEqual({
      known: [items[0]],
      unknown: [{ label: 'anger', count: 2, suggestion: 'angry' }, { label: 'bored', count: 1, suggestion: null }],
    });
  });
});
