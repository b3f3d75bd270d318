export type ContradictionKind = 'HAPPY_WORDS_SAD_VOICE' | 'SAD_WORDS_HAPPY_VOICE' | 'THREAT_CALM_VOICE' | 'SARCASM_CANDIDATE';

/** Words against the voice that says them. The result stays as it is. */
export interface Contradiction {
  readonly kind: ContradictionKind;
  readonly segmentIndex: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly agreement: number;
  readonly voiceLabel: string;
  readonly voiceConfidence: number;
  readonly words: readonly { readonly text: string; readonly startSeconds: number; readonly negated: boolean }[];
}

export interface Transcript {
  readonly source: 'ENGINE' | 'IMPORT';
  readonly engine: string;
  readonly language: string | null;
  readonly wordCount: number;
  readonly crossCheck: { readonly agreement: number | null; readonly reason: string | null; readonly contradictions: readonly Contradiction[] } | null;
}
