import type { Moment, RuleSubject } from '../../domain/rule-subject.js';
import { tokensOf } from './words.js';

export type { Moment, RuleSubject } from '../../domain/rule-subject.js';

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
