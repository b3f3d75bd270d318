import type { AnalysisRepository, TranscriptRepository } from '../db/repositories.js';
import type { ContradictionKind } from '../domain/transcript.js';
import { allSegments } from './plugin-access.js';
import type { Contradictions } from './review-intake.js';

const MESSAGES: Readonly<Record<ContradictionKind, string>> = {
  'sad-words-happy-voice': 'Bad words in a happy voice.', 'threat-calm-voice': 'A threat in a calm voice.', 'sarcasm-candidate': 'Good words in an angry voice: sarcasm, perhaps.', 'happy-words-sad-voice': 'Good words in a sad voice.',
};

/** What the cross-check flagged, for the queue of human review: kinds and numbers, never the words. */
export function transcriptFlags(transcripts: Pick<TranscriptRepository, 'find'>, analyses: Pick<AnalysisRepository, 'segments'>): Contradictions {
  return {
    async forAnalysis(workspaceId, analysisId) {
      const [transcript] = await transcripts.find(workspaceId, [analysisId]);
      const flags = transcript?.crossCheck?.contradictions ?? [];
      if (flags.length === 0) return [];
      const ids = new Map((await allSegments(analyses, workspaceId, analysisId)).map(({ index, id }) => [index, id]));
      return flags.flatMap(({ segmentIndex, kind, agreement }) => (ids.has(segmentIndex) ? [{ segmentId: ids.get(segmentIndex)!, message: MESSAGES[kind], agreement }] : []));
    },
  };
}
