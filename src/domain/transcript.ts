import type { Emotion } from './emotion.js';

/** What is said in a recording. Seconds are float, from its start. */

export const TRANSCRIPT_SOURCES = ['engine', 'import'] as const;
export type TranscriptSource = (typeof TRANSCRIPT_SOURCES)[number];

/** A word (in Chinese a character, or what the engine takes for a word) as it comes from an engine or a file. */
export interface SpokenWord {
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** 0 to 1; null where nobody says. */
  readonly confidence: number | null;
}

export interface TranscriptWord extends SpokenWord {
  /** `SpeakerResult.key`; null where it is not known. */
  readonly speaker: string | null;
  /** `SegmentResult.index`; null for a word outside of every segment. */
  readonly segmentIndex: number | null;
}

export interface Transcript {
  readonly source: TranscriptSource;
  /** Id of the transcriber, or the format of the file. */
  readonly engine: string;
  /** SHA-256 of the model's files or of the imported text; null where an engine does not say. */
  readonly engineDigest: string | null;
  /** BCP 47; null: not known. */
  readonly language: string | null;
  /** In the order of time. */
  readonly words: readonly TranscriptWord[];
  /** Null: words and voice were not compared. */
  readonly crossCheck: CrossCheck | null;
}

export interface TranscriptRecord extends Transcript {
  readonly analysisId: string;
  readonly createdAt: Date;
}

/** What words can say beside the emotions: a threat, or good and bad without more. */
export const WORD_FEELINGS = ['angry', 'disgusted', 'fearful', 'happy', 'sad', 'surprised', 'threat', 'positive', 'negative'] as const;
export type WordFeeling = (typeof WORD_FEELINGS)[number];
/** How much of each feeling a text has; what is missing to 1 is none. */
export type FeelingShares = Partial<Readonly<Record<WordFeeling, number>>>;

export const CONTRADICTION_KINDS = ['sad-words-happy-voice', 'threat-calm-voice', 'sarcasm-candidate', 'happy-words-sad-voice'] as const;
export type ContradictionKind = (typeof CONTRADICTION_KINDS)[number];

/** A place in the text that says something of feeling. */
export interface WordEvidence {
  readonly text: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly feeling: WordFeeling;
  /** 0 to 1: how much it says, after what strengthens or weakens it. */
  readonly weight: number;
  /** True: a negation stands before it, and it counts as the mild opposite. */
  readonly negated: boolean;
}

export interface Contradiction {
  readonly kind: ContradictionKind;
  readonly segmentIndex: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speaker: string | null;
  /** Of this segment, 0 to 1. */
  readonly agreement: number;
  /** What the voice was taken for, as the result has it. */
  readonly voice: { readonly label: string; readonly confidence: number; readonly scores: Readonly<Record<string, number>> };
  /** At most 20. */
  readonly words: readonly WordEvidence[];
}

/** What the words of one segment say; only of segments whose words say anything of feeling. */
export interface SegmentReading {
  readonly segmentIndex: number;
  /** −1 bad to 1 good. */
  readonly valence: number;
  /** Shares of what the words say, summing to 1. */
  readonly feelings: Partial<Readonly<Record<WordFeeling, number>>>;
  /** 0 to 1: how much there is to go by. */
  readonly strength: number;
  /** 0 to 1; null where the voice was not judged. */
  readonly agreement: number | null;
}

/** Words beside voice. It stands next to the acoustic result and never changes it. */
export interface CrossCheck {
  /** Name and digest of the lexicon. */
  readonly lexicon: string;
  /** The language that the words were read in; null: in none, and `reason` says why. */
  readonly language: string | null;
  readonly reason: string | null;
  /** Mean over the compared segments, by how much their words say; null where none was compared. */
  readonly agreement: number | null;
  readonly readings: readonly SegmentReading[];
  readonly contradictions: readonly Contradiction[];
}

/** What the voice of an emotion may have instead of a label. */
export type VoiceScores = Partial<Record<Emotion, number>>;

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const CLOSING = /^[\p{Pe}\p{Pf}.,!?;:%。、,!?;:…]/u;

/** The words as one text: spaces between them, but none in Chinese or Japanese and none before closing punctuation. */
export function joinWords(words: readonly string[]): string {
  let text = '';
  for (const word of words) {
    const needsSpace = text !== '' && !CLOSING.test(word) && !(UNSPACED.test(text.at(-1)!) && UNSPACED.test(word[0] ?? ''));
    text += needsSpace ? ` ${word}` : word;
  }
  return text;
}

/** A text as words: at spaces, and each character of Chinese and Japanese alone, with the punctuation that follows it. */
export function splitWords(text: string): readonly string[] {
  return text.normalize('NFC').match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}][\p{P}]*|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+/gu) ?? [];
}

/** A text over a stretch of time as words, each as long as its share of the letters: the best that is known without their own times. */
export function spreadWords(text: string, startSeconds: number, endSeconds: number, confidence: number | null = null): SpokenWord[] {
  const words = splitWords(text);
  const total = words.reduce((sum, word) => sum + word.length, 0);
  let letters = 0;
  return words.map((word) => {
    const from = startSeconds + ((endSeconds - startSeconds) * letters) / total;
    letters += word.length;
    return { text: word, startSeconds: from, endSeconds: startSeconds + ((endSeconds - startSeconds) * letters) / total, confidence };
  });
}
