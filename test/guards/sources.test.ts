import { describe, expect, it } from 'vitest';
import { filesUnder, readSource } from '../support/source-files.js';

const PRODUCT = filesUnder(['src', 'cron', 'web', 'scripts', 'bin', 'examples', 'training', '.ci'], ['.ts', '.tsx', '.mjs', '.js', '.py', '.css', 'run']);
const TESTS = filesUnder(['test'], ['.ts', '.mjs', '.py']);
const MOST_LINES = 300;
const MOST_TEST_LINES = 400;
const lineCount = (path: string): number => readSource(path).split('\n').length;

/** Written in two pieces so that this file does not find itself. */
const UNFINISHED = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|${['XX', 'X'].join('')})\\b`);
const NOT_RUN = new RegExp(`\\b(it|test|describe)\\.(${['on', 'ly'].join('')}|${['sk', 'ip'].join('')}|${['to', 'do'].join('')}|${['run', 'If'].join('')}|${['fa', 'ils'].join('')})\\b|\\b${['x', 'it'].join('')}\\(`);

describe('sources', () => {
  it('have no file that is too long to be read in one sitting', () => {
    expect(PRODUCT.filter((path) => lineCount(path) > MOST_LINES)).toEqual([]);
    expect(TESTS.filter((path) => lineCount(path) > MOST_TEST_LINES)).toEqual([]);
  });

  it('leave nothing for later', () => {
    expect([...PRODUCT, ...TESTS].filter((path) => UNFINISHED.test(readSource(path)))).toEqual([]);
  });

  it('read the environment only in src/config.ts', () => {
    const readers = filesUnder(['src', 'cron'], ['.ts']).filter((path) => /\bprocess\s*(\.\s*env\b|\[\s*['"]env['"]\s*\])/.test(readSource(path)));
    expect(readers.filter((path) => path !== 'src/config.ts')).toEqual([]);
  });

  it('are named kebab-case', () => {
    const names = filesUnder(['src', 'cron', 'test', 'scripts', 'bin'], ['.ts', '.mjs']).map((path) => path.split('/').at(-1)!);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.(ts|mts|d\.mts|mjs)$/.test(name))).toEqual([]);
  });
});

describe('tests', () => {
  it('are all run: none is singled out, passed over or expected to fail', () => {
    expect(TESTS.filter((path) => NOT_RUN.test(readSource(path)))).toEqual([]);
  });

  it('have a title of their own within their file', () => {
    const doubled = TESTS.filter((path) => path.endsWith('.test.ts') || path.endsWith('.browser.ts')).flatMap((path) => {
      const titles = titlesIn(readSource(path));
      return titles.filter((title, i) => titles.indexOf(title) !== i).map((title) => `${path}: ${title}`);
    });
    expect(doubled).toEqual([]);
  });
});

/** `describe > it` for every literal title, by the nesting that indentation shows. */
function titlesIn(text: string): readonly string[] {
  const open: { readonly indent: number; readonly title: string }[] = [];
  const titles: string[] = [];
  for (const match of text.matchAll(/^( *)(describe|it|test)(?:\.each\((?:[^()]|\([^()]*\))*\)|\.concurrent|\.sequential)?\(\s*(['"`])((?:\\.|(?!\3).)*)\3/gms)) {
    const indent = match[1]!.length;
    while (open.length > 0 && open.at(-1)!.indent >= indent) open.pop();
    if (match[2] === 'describe') open.push({ indent, title: match[4]! });
    else titles.push([...open.map((each) => each.title), match[4]!].join(' > '));
  }
  return titles;
}
