import { tokensOf } from '../business-rules/words.js';

/** What English sentences are held together by. Of running English it is a third to a half. */
const ENGLISH = new Set('the a an and or but of to in on at for with is are was were be been have has had do does did i you he she it we they me him her us them my your his our their this that these those not no so if as what when'.split(' '));
const ENGLISH_SHARE = 0.15;
const CHINESE_SHARE = 0.3;
const LOOKED_AT = 400;

/** The language of words nobody named one for: English or Chinese where that is plain, else null. */
export function readingLanguage(texts: readonly string[]): 'en' | 'zh' | null {
  const tokens = tokensOf(texts.slice(0, LOOKED_AT).join(' ')).filter((token) => token !== '.');
  if (tokens.length === 0) return null;
  const share = (counts: (token: string) => boolean): number => tokens.filter(counts).length / tokens.length;
  if (share((token) => /^\p{Script=Han}$/u.test(token)) >= CHINESE_SHARE && !tokens.some((token) => /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(token))) return 'zh';
  return share((token) => ENGLISH.has(token)) >= ENGLISH_SHARE ? 'en' : null;
}
