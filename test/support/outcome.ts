import type { SpeakerResult } from '../../src/domain/analysis.js';

export { speechOutcome as anOutcome, speechPrediction as aPrediction, speechSegment as aSegment } from '../../src/plugins/testing-outcome.js';

export function aSpeaker(key: string, changes: Partial<SpeakerResult> = {}): SpeakerResult {
  const figures = { speaker: key, talkSeconds: 1, soloSeconds: 1, overlapSeconds: 0, talkShare: 1, turnCount: 1, meanTurnSeconds: 1, longestTurnSeconds: 1, interruptionCount: 0, interruptedCount: 0, responseSeconds: null };
  return { key, role: null, roleSource: null, channel: null, talkSeconds: 1, figures, summary: null, ...changes };
}
