/** Words that turn what follows them into its opposite, English and Chinese. */
const NEGATIONS: ReadonlySet<string> = new Set([
  'not', 'no', 'never', 'none', 'nobody', 'nothing', 'neither', 'nor', 'without', 'cannot', "can't", "don't", "doesn't", "didn't", "won't", "wouldn't", "isn't", "aren't", "wasn't", "weren't", "haven't", "hasn't", "hadn't", "shouldn't", "couldn't", 'hardly',
  '不', '没', '無', '无', '未', '别', '非',
]);
/** Where a word of negation is a part of another word or phrase, which denies nothing: 非常 (very), 特别 (especially), "not only". */
const NO_NEGATIONS: ReadonlySet<string> = new Set([
  '非 常', '特 别', '无 比', '没 错', '不 仅', '不 但', '不 断', '不 过', '不 管', '不 论', '无 论', '未 来', '个 别', '分 别', '区 别', '告 别', '离 别', '别 人', '别 的', '非 洲', '不 错', '不 得 不', '差 不 多', '了 不 起', '受 不 了', '忍 不 住', '不 好 意 思', '对 不 起',
  'not only', 'no doubt', 'no wonder', 'nothing but', 'not just', "can't wait", 'no one but',
]);
const LONGEST_NO_NEGATION = 4;

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

/** Whether what stands at `at` is denied by a word shortly before it, in the same sentence. */
export function isNegated(tokens: readonly string[], at: number): boolean {
  for (let i = at - 1; i >= Math.max(0, at - REACH) && tokens[i] !== '.'; i--) if (NEGATIONS.has(tokens[i]!) && !isPartOfOther(tokens, i)) return true;
  return false;
}

function isPartOfOther(tokens: readonly string[], at: number): boolean {
  for (let from = Math.max(0, at - LONGEST_NO_NEGATION + 1); from <= at; from++) {
    for (let to = at + 1; to <= from + LONGEST_NO_NEGATION; to++) if (NO_NEGATIONS.has(tokens.slice(from, to).join(' '))) return true;
  }
  return false;
}
