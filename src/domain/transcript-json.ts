import { UndertoneError } from './errors.js';
import type { TimedText } from './transcript-file.js';

/** The names that engines give the same things. */
const TEXT = ['text', 'word'] as const;
const START = ['startSeconds', 'start'] as const;
const END = ['endSeconds', 'end'] as const;
const CONFIDENCE = ['confidence', 'probability', 'score'] as const;

/** English names of languages, as Whisper's API answers them. */
const LANGUAGE_NAMES: Readonly<Record<string, string>> = {
  english: 'en', chinese: 'zh', mandarin: 'zh', cantonese: 'yue', german: 'de', french: 'fr', spanish: 'es', italian: 'it', portuguese: 'pt', dutch: 'nl', japanese: 'ja', korean: 'ko', russian: 'ru', polish: 'pl', turkish: 'tr', arabic: 'ar', hindi: 'hi',
};

function wrong(where: string, what: string): UndertoneError {
  return new UndertoneError('BAD_INPUT', `The transcript cannot be used: ${where} ${what}. Nothing was changed.`, { field: 'content' });
}

/**
 * `{ "language"?, "words": […] }`, `{ "segments": […] }` (each with or without `words`) or a plain list. An item has `text`
 * (or `word`), `startSeconds` and `endSeconds` (or `start` and `end`), and may have `confidence` and `speaker`. What
 * Whisper's programs and OpenAI's `verbose_json` write is of this form. Words win over segments where both are there.
 */
export function readTranscriptJson(text: string): { readonly language: string | null; readonly texts: readonly TimedText[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('it', 'is not valid JSON');
  }
  return transcriptOf(value);
}

/** The same of a value that was parsed already. */
export function transcriptOf(value: unknown): { readonly language: string | null; readonly texts: readonly TimedText[] } {
  if (Array.isArray(value)) return { language: null, texts: items(value, 'item', null, false) };
  if (typeof value !== 'object' || value === null) throw wrong('it', 'must be an object with `words` or `segments`, or a list');
  const { words, segments, language } = value as Record<string, unknown>;
  if (Array.isArray(words) && words.length > 0) return { language: languageTag(language), texts: items(words, 'words', null, true) };
  if (Array.isArray(segments)) return { language: languageTag(language), texts: items(segments, 'segments', null, false) };
  throw wrong('it', 'has neither `words` nor `segments` with times');
}

/** Null for anything that is no BCP 47 tag and no name that is known. */
export function languageTag(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const known = LANGUAGE_NAMES[value.trim().toLowerCase()];
  return known ?? (/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(value.trim()) ? value.trim() : null);
}

function items(list: readonly unknown[], name: string, speaker: string | null, areWords: boolean): TimedText[] {
  return list.flatMap((entry, index) => {
    const where = `${name} ${index + 1}`;
    if (typeof entry !== 'object' || entry === null) throw wrong(where, 'must be an object');
    const fields = entry as Record<string, unknown>;
    const own = typeof fields['speaker'] === 'string' && fields['speaker'].trim() !== '' ? fields['speaker'].trim() : speaker;
    if (Array.isArray(fields['words']) && fields['words'].length > 0) return items(fields['words'], `${where}, words`, own, true);
    const text = first(fields, TEXT);
    const [startSeconds, endSeconds] = [first(fields, START), first(fields, END)];
    const confidence = first(fields, CONFIDENCE);
    if (typeof text !== 'string') throw wrong(where, 'has no `text`');
    if (typeof startSeconds !== 'number' || typeof endSeconds !== 'number') throw wrong(where, 'has no times; give `startSeconds` and `endSeconds` as numbers');
    if (text.trim() === '') return [];
    return [{ text: text.trim(), startSeconds, endSeconds, confidence: typeof confidence === 'number' && confidence >= 0 && confidence <= 1 ? confidence : null, speaker: own, isWord: areWords }];
  });
}

function first(fields: Record<string, unknown>, names: readonly string[]): unknown {
  const name = names.find((one) => fields[one] !== undefined);
  return name === undefined ? undefined : fields[name];
}
