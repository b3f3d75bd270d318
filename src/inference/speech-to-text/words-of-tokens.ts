import { spreadWords, type SpokenWord } from '../../domain/transcript.js';

export interface RecognizedTokens {
  readonly text: string;
  readonly tokens: readonly string[];
  /** Start of each in seconds; empty where the engine gives none. */
  readonly timestamps: readonly number[];
}

/** A word does not last longer than this, though the next one may be long in coming. */
const LONGEST_WORD_SECONDS = 1.5;
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** What begins a word in vocabularies of pieces: `▁` (SentencePiece) or a space. */
const BEGINS = /^[▁ ]+/;
/** What ends a piece that goes on, in Paraformer's. */
const GOES_ON = /@@$/;
const SPECIAL = /^<.*>$/;

/** Pieces put together to words with their times; without times, the text shares the whole time out. */
export function wordsOfTokens({ text, tokens, timestamps }: RecognizedTokens, durationSeconds: number): SpokenWord[] {
  const spoken = tokens.flatMap((token, i) => (SPECIAL.test(token) ? [] : [{ token, at: timestamps[i] }]));
  if (spoken.length === 0 || spoken.some(({ at }) => at === undefined)) return spreadWords(text, 0, durationSeconds);
  const hasMarks = spoken.some(({ token }) => BEGINS.test(token));
  const words: { text: string; startSeconds: number }[] = [];
  let goesOn = false;
  for (const { token, at } of spoken) {
    const piece = token.replace(BEGINS, '').replace(GOES_ON, '');
    const last = words.at(-1);
    const joins = /^\p{P}+$/u.test(piece) || (goesOn && !UNSPACED.test(piece) && !(hasMarks && BEGINS.test(token)));
    if (last !== undefined && joins) last.text += piece;
    else if (piece !== '' || hasMarks) words.push({ text: piece, startSeconds: Math.min(at!, durationSeconds) });
    goesOn = hasMarks ? !UNSPACED.test(piece) : GOES_ON.test(token);
  }
  return words.filter((word) => word.text !== '').map((word, i, all) => {
    const next = all[i + 1]?.startSeconds ?? durationSeconds;
    return { ...word, endSeconds: Math.max(word.startSeconds, Math.min(next, word.startSeconds + LONGEST_WORD_SECONDS)), confidence: null };
  });
}
