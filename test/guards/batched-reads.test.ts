import { describe, expect, it } from 'vitest';
import { filesUnder, readSource } from '../support/source-files.js';

/** Every file of ours that may speak to the database; what the mapper generates is its own. */
const sources = filesUnder(['src', 'cron'], ['.ts']).filter((path) => !path.startsWith('src/db/generated/'));
const isBatched = (text: string): boolean => /\.findUnique(OrThrow)?\b/.test(text);

describe('reads by a unique key', () => {
  it('are never of the kind that the mapper puts together: those of one tick go out in one statement, in the context of whoever was first, and another workspace would find nothing', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.filter((path) => isBatched(readSource(path)))).toEqual([]);
  });

  it('would be caught', () => {
    expect([isBatched('await tx.rule.findUniqueOrThrow({ where: { id } })'), isBatched('client.rule.findUnique({})'), isBatched('client.rule.findFirst({})')]).toEqual([true, true, false]);
  });
});
