import type { Jurisdiction, Purpose, SpeakerRole } from './purposes.js';

export type Verdict = 'allowed' | 'prohibited' | 'unknown';

export interface LawRow {
  readonly jurisdiction: Jurisdiction;
  /** Absent: every purpose, but for those that an earlier row decides. */
  readonly purposes?: readonly Purpose[];
  /** Absent: every role. */
  readonly roles?: readonly SpeakerRole[];
  readonly verdict: Verdict;
  readonly article: string;
  readonly source: string;
}

/** To be raised with every change of a row: it is written down with each decision. */
export const LAW_TABLE_VERSION = '2026-11-1';

const AI_ACT = 'https://eur-lex.europa.eu/eli/reg/2024/1689/oj';
const EXCEPTION = 'Regulation (EU) 2024/1689 (AI Act), Article 5(1)(f), exception for medical or safety reasons';
const PROHIBITION = 'Regulation (EU) 2024/1689 (AI Act), Article 5(1)(f)';
const TRANSPARENCY = 'Regulation (EU) 2024/1689 (AI Act), Article 50(3) and Annex III(1)(c)';

/**
 * The first row that fits decides; where none does the verdict is `unknown`. What is `prohibited` is refused before
 * anything is inferred. In a purpose of work or school an unknown role counts as the protected one: the worse mistake is
 * to judge somebody whom the law shields.
 */
export const LAW_TABLE: readonly LawRow[] = [
  { jurisdiction: 'EU', purposes: ['medical', 'safety'], verdict: 'allowed', article: EXCEPTION, source: AI_ACT },
  // At work and in education, whoever is heard may be the employee or the pupil; only somebody known to be neither is not.
  { jurisdiction: 'EU', roles: ['employee', 'pupil', 'applicant'], verdict: 'prohibited', article: PROHIBITION, source: AI_ACT },
  { jurisdiction: 'EU', purposes: ['workplace-monitoring', 'education', 'recruitment', 'quality-assurance', 'customer-service'], roles: ['unknown'], verdict: 'prohibited', article: PROHIBITION, source: AI_ACT },
  { jurisdiction: 'EU', purposes: ['workplace-monitoring', 'recruitment', 'education'], verdict: 'prohibited', article: PROHIBITION, source: AI_ACT },
  // Biometric categorisation and emotion recognition by the police is high-risk with duties that a setting cannot attest.
  { jurisdiction: 'EU', purposes: ['law-enforcement'], verdict: 'unknown', article: 'Regulation (EU) 2024/1689 (AI Act), Annex III(1)(c) and (6)', source: AI_ACT },
  { jurisdiction: 'EU', verdict: 'allowed', article: TRANSPARENCY, source: AI_ACT },
];
