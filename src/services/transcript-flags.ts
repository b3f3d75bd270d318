import type { TranscriptRepository } from '../db/repositories.js';
import type { ContradictionKind } from '../domain/transcript.js';
import type { Contradictions } from './review-intake.js';

const MESSAGES: Readonly<Record<ContradictionKind, string>> = {
  'sad-words-happy-voice': 'Bad words in a happy voice.', 'threat-calm-voice': 'A threat in a calm voice.', 'sarcasm-candidate': 'Good words in an angry voice: sarcasm, perhaps.', 'happy-words-sad-voice': 'Good words in a sad voice.',
};

/** What the cross-check flagged, for the queue of human review: kinds and numbers, never the words. */
export function transcriptFlags(transcripts: Pick<TranscriptRepository, 'find'>): Contradictions {
  return {
    async forAnalysis(workspaceId, analysisId) {
      const [transcript] = await transcripts.find(workspaceId, [analysisId]);
      return (transcript?.crossCheck?.contradictions ?? []).map(({ segmentIndex, kind, agreement }) => ({ segmentIndex, message: MESSAGES[kind], agreement }));
    },
  };
}
