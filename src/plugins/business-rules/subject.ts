import type { AudioQuality, GateKind, GateResult, PredictionResult } from '../../domain/analysis.js';
import { tokensOf } from './words.js';

/** One segment as rules see it. Scores are in the order of the subject's labels. */
export interface Moment {
  readonly segmentId: string | null;
  readonly index: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speechSeconds: number;
  readonly gate: GateKind | null;
  readonly speakerKey: string | null;
  readonly speakerRole: string | null;
  readonly channel: number | null;
  readonly text: string | null;
  readonly agreement: number | null;
  readonly label: string | null;
  readonly confidence: number | null;
  readonly abstained: boolean;
  readonly scores: readonly number[];
}

/** One analysis as rules see it: plain data, so that the same rule over the same data always says the same. */
export interface RuleSubject {
  readonly analysisId: string;
  readonly recordingId: string;
  readonly modelId: string;
  readonly labels: readonly string[];
  readonly durationSeconds: number;
  readonly recordedAt: Date | null;
  readonly language: string | null;
  readonly tags: readonly string[];
  readonly gate: GateResult | null;
  readonly quality: AudioQuality | null;
  readonly warnings: readonly string[];
  readonly summary: Pick<PredictionResult, 'label' | 'confidence' | 'abstained' | 'scores'> | null;
  /** In the order of time. */
  readonly moments: readonly Moment[];
}

/** Tokens of each text are made once for all rules. */
export interface PreparedSubject extends RuleSubject {
  readonly tokens: (index: number) => readonly string[];
  readonly transcript: () => readonly string[] | null;
}

/** Segments in the order of their beginning, so that voices on several channels interleave as they were heard. */
export function prepare(subject: RuleSubject): PreparedSubject {
  const moments = isInOrder(subject.moments) ? subject.moments : [...subject.moments].sort((a, b) => a.startSeconds - b.startSeconds || a.index - b.index);
  const cached: (readonly string[] | undefined)[] = [];
  let transcript: readonly string[] | null | undefined;
  return {
    ...subject, moments,
    tokens: (index) => (cached[index] ??= tokensOf(moments[index]?.text ?? '')),
    transcript: () => {
      if (transcript === undefined) transcript = moments.some((moment) => moment.text !== null) ? tokensOf(moments.map((moment) => moment.text ?? '').join(' \n ')) : null;
      return transcript;
    },
  };
}

function isInOrder(moments: readonly Moment[]): boolean {
  for (let i = 1; i < moments.length; i++) if (moments[i]!.startSeconds < moments[i - 1]!.startSeconds) return false;
  return true;
}
