/** Words that turn what follows them into its opposite, English and Chinese. */
const NEGATIONS: ReadonlySet<string> = new Set([
  'not', 'no', 'never', 'none', 'nobody', 'nothing', 'neither', 'nor', 'without', 'cannot', "can't", "don't", "doesn't", "didn't", "won't", "wouldn't", "isn't", "aren't", "wasn't", "weren't", "haven't", "hasn't", "hadn't", "shouldn't", "couldn't", 'hardly',
  '不', '没', '無', '无', '未', '别', '非',
]);
/** Tokens before a keyword in which a negation counts: "not at all happy", "不是很开心". */
const REACH = 3;

/**
 * Lower-case words; a Chinese character is a word of its own, since Chinese is written without spaces. Sentence ends stay
 * as `.`, so that a negation does not reach over them.
 */
export function tokensOf(text: string): readonly string[] {
  return text.normalize('NFKC').toLowerCase().replaceAll('’', "'").match(/\p{Script=Han}|[.!?;\n。!?;]|[\p{L}\p{N}]+(?:'[\p{L}]+)*/gu)?.map((token) => (/^[.!?;\n。]$/.test(token) ? '.' : token)) ?? [];
}

export interface Found {
  readonly phrase: string;
  readonly negated: boolean;
}

/** Every place where one of the phrases (as tokens) stands, with whether a negation stands before it. */
export function findPhrases(tokens: readonly string[], phrases: readonly (readonly string[])[]): readonly Found[] {
  const found: Found[] = [];
  for (const phrase of phrases) {
    const [first] = phrase;
    if (first === undefined) continue;
    for (let at = tokens.indexOf(first); at >= 0; at = tokens.indexOf(first, at + 1)) {
      if (phrase.every((token, offset) => tokens[at + offset] === token)) found.push({ phrase: phrase.join(' '), negated: isNegated(tokens, at) });
    }
  }
  return found;
}

function isNegated(tokens: readonly string[], at: number): boolean {
  for (let i = at - 1; i >= Math.max(0, at - REACH) && tokens[i] !== '.'; i--) if (NEGATIONS.has(tokens[i]!)) return true;
  return false;
}
