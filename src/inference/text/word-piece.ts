const UNKNOWN = '[UNK]';
const CLASS = '[CLS]';
const SEPARATOR = '[SEP]';
/** Longer is no word, and looking for its pieces costs the square. */
const MAX_WORD_CHARACTERS = 100;

export type Vocabulary = ReadonlyMap<string, number>;

/** One piece a line, its number the line's, as BERT models have it. Throws Error where the marks that every text needs are missing. */
export function parseVocabulary(text: string): Vocabulary {
  const vocabulary = new Map(text.split(/\r?\n/u).map((piece, index) => [piece, index]));
  const missing = [UNKNOWN, CLASS, SEPARATOR].filter((mark) => !vocabulary.has(mark));
  if (missing.length > 0) throw new Error(`the vocabulary has no ${missing.join(', ')}: it is not one of a BERT model`);
  return vocabulary;
}

/** Ids of the longest pieces from left to right between the two marks, at most `maxTokens`: what BERT's own tokenizer gives. */
export function wordPieceIds(text: string, vocabulary: Vocabulary, { lowercase, maxTokens }: { readonly lowercase: boolean; readonly maxTokens: number }): number[] {
  const pieces = wordsOf(text, lowercase).flatMap((word) => piecesOf(word, vocabulary));
  return [CLASS, ...pieces.slice(0, maxTokens - 2), SEPARATOR].map((piece) => vocabulary.get(piece)!);
}

/** Spaces part words; each sign and each Chinese character is one by itself. */
function wordsOf(text: string, lowercase: boolean): string[] {
  const plain = lowercase ? text.toLowerCase().normalize('NFD').replace(/\p{Mn}/gu, '') : text;
  return plain.replace(/[\p{Cc}\p{Cf}\uFFFD]/gu, (sign) => (/[\t\n\r]/u.test(sign) ? ' ' : '')).replace(/[\p{P}$+<=>^`|~]|\p{Script=Han}/gu, ' $& ').split(/\s+/u).filter((word) => word !== '');
}

function piecesOf(word: string, vocabulary: Vocabulary): string[] {
  const letters = Array.from(word);
  if (letters.length > MAX_WORD_CHARACTERS) return [UNKNOWN];
  const pieces: string[] = [];
  for (let from = 0; from < letters.length; ) {
    let to = letters.length;
    let piece: string | null = null;
    for (; to > from && piece === null; to -= 1) {
      const candidate = (from === 0 ? '' : '##') + letters.slice(from, to).join('');
      if (vocabulary.has(candidate)) piece = candidate;
    }
    // One part that is not known makes the whole word unknown.
    if (piece === null) return [UNKNOWN];
    pieces.push(piece);
    from = to + 1;
  }
  return pieces;
}
