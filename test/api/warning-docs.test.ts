import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WARNING_CODES } from '../../src/domain/analysis.js';
import { warningWords } from '../../web/src/words.js';

const text = readFileSync(new URL('../../docs/warnings.md', import.meta.url), 'utf8');

describe('docs/warnings.md', () => {
  it('lists exactly the codes that an analysis can carry, in their order', () => {
    expect([...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code)).toEqual([...WARNING_CODES]);
  });

  it('has beside it words of the page for each', () => {
    for (const code of WARNING_CODES) expect(warningWords(code).advice, code).not.toBeNull();
  });
});
