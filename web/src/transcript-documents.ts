import { operation } from './operation.js';
import type { Transcript } from './transcript-types.js';
import type { Problem } from './types.js';

export const TRANSCRIPT = operation<{ analysis: { transcript: Transcript | null } | null }, { id: string }>(`query Transcript($id: ID!) {
  analysis(id: $id) {
    transcript {
      source engine language wordCount
      crossCheck { agreement reason contradictions { kind segmentIndex startSeconds endSeconds agreement voiceLabel voiceConfidence words { text startSeconds negated } } }
    }
  }
}`);

export const IMPORT_TRANSCRIPT = operation<{ importTranscript: { __typename: string } & Partial<Problem> }, { input: { analysisId: string; content: string; language?: string } }>(`mutation ImportTranscript($input: ImportTranscriptInput!) {
  importTranscript(input: $input) { __typename ... on Problem { code message } }
}`);
