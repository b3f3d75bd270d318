import type { CrossCheck, Transcript, TranscriptRecord, TranscriptSource, TranscriptWord } from '../domain/transcript.js';
import { Prisma, type Transcript as TranscriptRow } from './generated/client.js';

/** Words as columns: a third of the size of a list of objects. Milliseconds are kept; −1 is none. */
interface WordColumns {
  readonly text: string[];
  readonly start: number[];
  readonly end: number[];
  readonly confidence: (number | null)[];
  readonly speakers: string[];
  readonly speaker: number[];
  readonly segment: number[];
  readonly [column: string]: string[] | (number | null)[];
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;

function wordColumns(words: readonly TranscriptWord[]): WordColumns {
  const speakers = [...new Set(words.flatMap(({ speaker }) => (speaker === null ? [] : [speaker])))];
  return {
    text: words.map(({ text }) => text.replaceAll('\0', '')),
    start: words.map(({ startSeconds }) => milliseconds(startSeconds)),
    end: words.map(({ endSeconds }) => milliseconds(endSeconds)),
    confidence: words.map(({ confidence }) => (confidence === null ? null : milliseconds(confidence))),
    speakers,
    speaker: words.map(({ speaker }) => (speaker === null ? -1 : speakers.indexOf(speaker))),
    segment: words.map(({ segmentIndex }) => segmentIndex ?? -1),
  };
}

function wordsOf({ text, start, end, confidence, speakers, speaker, segment }: WordColumns): TranscriptWord[] {
  return text.map((word, i) => ({ text: word, startSeconds: start[i]!, endSeconds: end[i]!, confidence: confidence[i] ?? null, speaker: speakers[speaker[i]!] ?? null, segmentIndex: segment[i]! < 0 ? null : segment[i]! }));
}

/** The columns of a row, without whose it is. */
export function transcriptColumns({ source, engine, engineDigest, language, words, crossCheck }: Transcript): Omit<Prisma.TranscriptUncheckedCreateInput, 'analysisId' | 'workspaceId'> {
  return { source, engine, engineDigest, language, words: wordColumns(words), crossCheck: crossCheck === null ? Prisma.DbNull : (crossCheck as unknown as Prisma.InputJsonObject) };
}

export function toTranscript(row: TranscriptRow): TranscriptRecord {
  const { analysisId, source, engine, engineDigest, language, words, crossCheck, createdAt } = row;
  return { analysisId, source: source as TranscriptSource, engine, engineDigest, language, words: wordsOf(words as unknown as WordColumns), crossCheck: crossCheck as unknown as CrossCheck | null, createdAt };
}
