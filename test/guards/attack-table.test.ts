import { describe, expect, it } from 'vitest';
import { ERRORS } from '../../src/domain/errors.js';
import { ATTACKS } from '../support/attacks/all.js';
import { readSource } from '../support/source-files.js';

/** As GraphQL names what it refuses by itself; docs/errors.md tells of them. */
const OF_GRAPHQL = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED'];

describe('the attacks that are tried', () => {
  it('stand in docs/security.md as they are sent and as they are answered', () => {
    const table = ATTACKS.map(({ name, source, sends, expects }) => `| ${name} | ${source} | ${sends} | ${expects.replace(/[A-Z_]{4,}/, '`$&`')} |`);
    const section = readSource('docs/security.md').split('## Attacks that are tried')[1]!.split('\n## ')[0]!;
    expect(section.split('\n').filter((line) => line.startsWith('|')).slice(2)).toEqual(table);
  });

  it('are each another one, and answered with codes that are documented', () => {
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
    const known = [...Object.keys(ERRORS), ...OF_GRAPHQL];
    expect(ATTACKS.flatMap(({ expects }) => /[A-Z_]{4,}/.exec(expects) ?? []).filter((code) => !known.includes(code))).toEqual([]);
  });
});
