import { createHash } from 'node:crypto';
import { UndertoneError } from '../../domain/errors.js';
import { nearestName } from '../../domain/nearest-name.js';
import { WORD_FEELINGS, type WordFeeling } from '../../domain/transcript.js';
import { tokensOf } from '../business-rules/words.js';

export interface LexiconEntry {
  readonly tokens: readonly string[];
  /** `stronger` and `weaker` change the intensity of what follows them by their own; `none` is a phrase whose parts mean something else alone. */
  readonly feeling: WordFeeling | 'stronger' | 'weaker' | 'none';
  /** −1 bad to 1 good. */
  readonly valence: number;
  /** 0 to 1; a factor for `stronger` and `weaker`. */
  readonly intensity: number;
}

export interface LexiconFile {
  readonly name: string;
  /** Lower-case primary tag of BCP 47. */
  readonly language: string;
  readonly entries: readonly LexiconEntry[];
  readonly digest: string;
}

const KINDS = [...WORD_FEELINGS, 'stronger', 'weaker', 'none'] as const;
const MAX_ENTRIES = 100_000;

/** Lines of phrase, feeling, valence and intensity with tabs between; `# language: en` and `# name: …` at the top. CONFIG_INVALID naming the line. */
export function parseLexicon(text: string, fileName: string): LexiconFile {
  const wrong = (line: number, what: string): UndertoneError => new UndertoneError('CONFIG_INVALID', `The lexicon ${fileName} is not valid: line ${line} ${what}. See lexicon/README.md for the form.`, { file: fileName, line });
  const header = (name: string): string | undefined => new RegExp(`^#\\s*${name}:\\s*(.+)$`, 'im').exec(text)?.[1]?.trim();
  const language = header('language')?.toLowerCase().split('-')[0];
  if (language === undefined || !/^[a-z]{2,3}$/.test(language)) throw wrong(1, 'should say which language it is of: "# language: en"');
  const entries: LexiconEntry[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const [phrase = '', feeling = '', valenceText, intensityText, ...rest] = line.split('\t').map((field) => field.trim());
    const [valence, intensity] = [Number(valenceText), Number(intensityText)];
    const tokens = tokensOf(phrase).filter((token) => token !== '.');
    const kind = KINDS.find((known) => known === feeling);
    if (rest.length > 0 || intensityText === undefined) throw wrong(index + 1, 'must have four fields with tabs between: phrase, feeling, valence, intensity');
    if (tokens.length === 0) throw wrong(index + 1, 'has a phrase without letters');
    if (kind === undefined) throw wrong(index + 1, `has an unknown feeling${nearestName(feeling, KINDS) === null ? '' : `; did you mean ${nearestName(feeling, KINDS)!}`}; known are ${KINDS.join(', ')}`);
    if (!(valence >= -1 && valence <= 1)) throw wrong(index + 1, 'must have a valence from -1 to 1');
    if (!(intensity > 0 && intensity <= (kind === 'stronger' ? 3 : 1))) throw wrong(index + 1, 'must have an intensity above 0 and up to 1 (a factor up to 3 for "stronger")');
    entries.push({ tokens, feeling: kind, valence, intensity });
    if (entries.length > MAX_ENTRIES) throw wrong(index + 1, `is beyond the ${MAX_ENTRIES} entries that a lexicon may have`);
  });
  return { name: header('name') ?? fileName, language, entries, digest: createHash('sha256').update(text).digest('hex') };
}

/** All that is known of one language, by first token, the longest phrase first. */
export interface Lexicon {
  readonly language: string;
  /** Names with the first digits of their digests. */
  readonly name: string;
  readonly byFirst: ReadonlyMap<string, readonly LexiconEntry[]>;
}

/** Files of one language together: a later one's entry takes the place of an earlier one's for the same phrase. */
export function joinLexicons(files: readonly LexiconFile[]): ReadonlyMap<string, Lexicon> {
  const languages = [...new Set(files.map(({ language }) => language))];
  return new Map(languages.map((language) => {
    const own = files.filter((file) => file.language === language);
    const byPhrase = new Map(own.flatMap(({ entries }) => entries).map((entry) => [entry.tokens.join(' '), entry]));
    const byFirst = new Map<string, LexiconEntry[]>();
    for (const entry of byPhrase.values()) {
      const list = byFirst.get(entry.tokens[0]!);
      if (list === undefined) byFirst.set(entry.tokens[0]!, [entry]);
      else list.push(entry);
    }
    for (const list of byFirst.values()) list.sort((a, b) => b.tokens.length - a.tokens.length);
    return [language, { language, name: own.map(({ name, digest }) => `${name}@${digest.slice(0, 12)}`).join('+'), byFirst }];
  }));
}
