import type { SpokenWord, WordEvidence, WordFeeling } from '../../domain/transcript.js';
import { joinWords } from '../../domain/transcript.js';
import { isNegated, tokensOf } from '../business-rules/words.js';
import type { Lexicon, LexiconEntry } from './lexicon.js';

export interface Reading {
  /** −1 bad to 1 good. */
  readonly valence: number;
  /** Shares that sum to 1. */
  readonly feelings: Partial<Readonly<Record<WordFeeling, number>>>;
  /** 0 to 1: one minus the chance that none of the words is meant, as if each was meant with its weight. */
  readonly strength: number;
  /** Strongest first. */
  readonly evidence: readonly WordEvidence[];
}

/** Tokens between a strengthening word and what it strengthens: "so very happy", "really was angry". */
const REACH = 2;
/** What is left of a feeling that is denied, as its opposite: "not happy" is mildly bad. */
const DENIED = 0.5;

interface Placed {
  readonly entry: LexiconEntry;
  readonly from: number;
  readonly to: number;
}

/** What the words say of feeling, or null where they say nothing. O(words × phrases that begin alike). */
export function readText(words: readonly SpokenWord[], lexicon: Lexicon): Reading | null {
  const tokens: string[] = [];
  const wordOf: number[] = [];
  words.forEach(({ text }, index) => {
    for (const token of tokensOf(text)) {
      tokens.push(token);
      wordOf.push(index);
    }
  });
  const placed = longestMatches(tokens, lexicon);
  const evidence = placed.flatMap((place, index) => evidenceOf(place, placed[index - 1], tokens, wordOf, words));
  const total = evidence.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return null;
  const feelings: Partial<Record<WordFeeling, number>> = {};
  for (const { feeling, weight } of evidence) feelings[feeling] = (feelings[feeling] ?? 0) + weight / total;
  return {
    feelings,
    valence: evidence.reduce((sum, { valence, weight }) => sum + (valence * weight) / total, 0),
    strength: 1 - evidence.reduce((none, { weight }) => none * (1 - weight), 1),
    evidence: evidence.map(({ valence: _valence, ...rest }) => rest).sort((a, b) => b.weight - a.weight),
  };
}

/** From left to right, the longest phrase at each place; what it covers is not looked at again. */
function longestMatches(tokens: readonly string[], { byFirst }: Lexicon): readonly Placed[] {
  const placed: Placed[] = [];
  for (let at = 0; at < tokens.length; ) {
    const entry = byFirst.get(tokens[at]!)?.find((one) => one.tokens.every((token, offset) => tokens[at + offset] === token));
    if (entry !== undefined) placed.push({ entry, from: at, to: at + entry.tokens.length });
    at += entry?.tokens.length ?? 1;
  }
  return placed;
}

function evidenceOf({ entry, from, to }: Placed, before: Placed | undefined, tokens: readonly string[], wordOf: readonly number[], words: readonly SpokenWord[]): readonly (WordEvidence & { readonly valence: number })[] {
  const { feeling, valence, intensity } = entry;
  if (feeling === 'stronger' || feeling === 'weaker' || feeling === 'none') return [];
  const changes = before !== undefined && (before.entry.feeling === 'stronger' || before.entry.feeling === 'weaker') && from - before.to < REACH && !tokens.slice(before.to, from).includes('.');
  const weight = Math.min(1, intensity * (changes ? before.entry.intensity : 1));
  const negated = isNegated(tokens, from);
  // "I will not hurt you" is no threat, and "not surprised" no feeling.
  if (negated && (feeling === 'threat' || feeling === 'surprised')) return [];
  const own = words.slice(wordOf[from], wordOf[to - 1]! + 1);
  const place = { text: joinWords(own.map(({ text }) => text)).replace(/[.,!?;:。，！？；：]+$/u, ''), startSeconds: own[0]!.startSeconds, endSeconds: own.at(-1)!.endSeconds, negated };
  if (!negated) return [{ ...place, feeling, weight, valence }];
  return [{ ...place, feeling: valence > 0 ? 'negative' : 'positive', weight: weight * DENIED, valence: -valence * DENIED }];
}
