import type { CrossCheck as Check, Contradiction as Contradicted, SegmentReading, TranscriptRecord } from '../domain/transcript.js';
import type { SpeakerRecord } from '../domain/records.js';
import type { Plain } from './plain.js';
import type { Contradiction, CrossCheck, TextReading, TranscriptWords } from './transcript.type.js';

/** A contradiction with what its fields of the core are found by. */
export interface ContradictionRoot extends Plain<Contradiction> {
  readonly analysisId: string;
  readonly speakerKey: string | null;
}

export function wordColumns({ words }: TranscriptRecord, speakers: readonly SpeakerRecord[]): Plain<TranscriptWords> {
  const idOf = new Map(speakers.map(({ key, id }) => [key, id]));
  return {
    texts: words.map(({ text }) => text), startSeconds: words.map(({ startSeconds }) => startSeconds), endSeconds: words.map(({ endSeconds }) => endSeconds), confidences: words.map(({ confidence }) => confidence),
    speakers: words.map(({ speaker }) => (speaker === null ? null : (idOf.get(speaker) ?? null))), segmentIndexes: words.map(({ segmentIndex }) => segmentIndex),
  };
}

export function crossCheckView(analysisId: string, { readings, contradictions, ...rest }: Check): Plain<CrossCheck> {
  return { ...rest, readings: readings.map(readingView), contradictions: contradictions.map((one): ContradictionRoot => contradictionView(analysisId, one)) };
}

function readingView({ feelings, ...rest }: SegmentReading): Plain<TextReading> {
  const shares = (Object.entries(feelings) as [keyof typeof feelings, number][]).map(([feeling, share]) => ({ feeling, share }));
  return { ...rest, feelings: shares.sort((a, b) => b.share - a.share) };
}

function contradictionView(analysisId: string, { speaker, voice, ...rest }: Contradicted): ContradictionRoot {
  return { ...rest, analysisId, speakerKey: speaker, voiceLabel: voice.label, voiceConfidence: voice.confidence, voiceScores: Object.entries(voice.scores).map(([label, score]) => ({ label, score })).sort((a, b) => b.score - a.score) };
}
