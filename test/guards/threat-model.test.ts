import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSource } from '../support/source-files.js';

const MODEL = readSource('docs/security.md');
const STRIDE = ['S', 'T', 'R', 'I', 'D', 'E'];

/** Rows of the first table: letter, threat, what holds it, tests. */
const threats = [...MODEL.matchAll(/^\| \*{0,2}([STRIDE])\*{0,2} \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(([, letter, threat, defence, tests]) => ({ letter: letter!, threat: threat!.trim(), defence: defence!.trim(), tests: [...tests!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!) }));

describe('the threat model', () => {
  it('has threats of every letter of STRIDE, each once and each with what holds it', () => {
    expect([...new Set(threats.map(({ letter }) => letter))]).toEqual(STRIDE);
    expect(threats.length).toBeGreaterThan(20);
    expect(new Set(threats.map(({ threat }) => threat)).size).toBe(threats.length);
    expect(threats.filter(({ defence }) => defence === '')).toEqual([]);
  });

  it('names for every threat a test that is there and tests something', () => {
    expect(threats.filter(({ tests }) => tests.length === 0).map(({ threat }) => threat)).toEqual([]);
    const named = [...new Set(threats.flatMap(({ tests }) => tests))];
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
    expect(named.filter((path) => !/\b(it|test)(\.each)?\b/.test(readSource(path)))).toEqual([]);
  });

  it('has no row that this guard does not read', () => {
    const table = MODEL.slice(MODEL.indexOf('| | threat |'), MODEL.indexOf('## The decoder'));
    expect(table.split('\n').filter((line) => line.startsWith('|')).length - 2).toBe(threats.length);
  });
});
