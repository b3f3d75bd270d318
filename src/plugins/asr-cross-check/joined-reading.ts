import type { FeelingShares, SpokenWord, WordFeeling } from '../../domain/transcript.js';
import { joinWords } from '../../domain/transcript.js';
import type { Reading } from './text-reading.js';

/** How good or bad what is said is where only its feeling is known. */
const VALENCE: Readonly<Record<WordFeeling, number>> = { angry: -0.7, disgusted: -0.7, fearful: -0.7, happy: 0.8, sad: -0.8, surprised: 0, threat: -0.9, positive: 0.7, negative: -0.7 };
/** Under this a classifier has said that there is no feeling. */
const MIN_SHARE = 0.2;
const SHOWN_LETTERS = 200;

/** What lexicon and text model say together, each by how sure it is; either may have nothing to say. */
export function joinReadings(byLexicon: Reading | null, shares: FeelingShares | undefined, words: readonly SpokenWord[]): Reading | null {
  const byModel = shares === undefined ? null : readingOf(shares, words);
  if (byLexicon === null || byModel === null) return byLexicon ?? byModel;
  const total = byLexicon.strength + byModel.strength;
  const [a, b] = [byLexicon.strength / total, byModel.strength / total];
  const feelings: Partial<Record<WordFeeling, number>> = {};
  for (const [reading, part] of [[byLexicon, a], [byModel, b]] as const) {
    for (const [feeling, share] of Object.entries(reading.feelings) as [WordFeeling, number][]) feelings[feeling] = (feelings[feeling] ?? 0) + share * part;
  }
  return {
    feelings, valence: a * byLexicon.valence + b * byModel.valence,
    strength: 1 - (1 - byLexicon.strength) * (1 - byModel.strength),
    evidence: [...byLexicon.evidence, ...byModel.evidence].sort((one, other) => other.weight - one.weight),
  };
}

/** A classifier reads the whole: all of it is the evidence. */
function readingOf(shares: FeelingShares, words: readonly SpokenWord[]): Reading | null {
  const known = Object.entries(shares) as [WordFeeling, number][];
  const strength = Math.min(1, known.reduce((sum, [, share]) => sum + share, 0));
  const [first, last] = [words[0], words.at(-1)];
  if (strength < MIN_SHARE || first === undefined || last === undefined) return null;
  const [feeling] = known.reduce((top, one) => (one[1] > top[1] ? one : top));
  return {
    strength,
    feelings: Object.fromEntries(known.map(([name, share]) => [name, share / strength])),
    valence: known.reduce((sum, [name, share]) => sum + (VALENCE[name] * share) / strength, 0),
    evidence: [{ text: joinWords(words.map(({ text }) => text)).slice(0, SHOWN_LETTERS), startSeconds: first.startSeconds, endSeconds: last.endSeconds, feeling, negated: false, weight: strength }],
  };
}
