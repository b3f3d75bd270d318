import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Database } from '../db/database.js';
import type { AnalysisRepository, RecordingRepository, SpeakerRepository, TranscriptRepository } from '../db/repositories.js';
import { alignWords, textsOf, type WordSegment } from '../domain/align-words.js';
import { UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import type { SegmentRecord } from '../domain/records.js';
import { assertFits, readTranscript, TRANSCRIPT_FORMATS, wordsOf, type TimedText } from '../domain/transcript-file.js';
import type { CrossCheck, Transcript, TranscriptRecord, TranscriptWord } from '../domain/transcript.js';
import type { AnalysisWarning, PredictionResult } from '../domain/analysis.js';
import type { AuditSink } from './audit.js';
import type { FactOutbox } from './fact-outbox.js';
import { requireScope } from './permissions.js';
import { allSegments } from './plugin-access.js';
import { parseWith } from './recording-input.js';

/** Some ten days of speech in SRT; a longer text is no transcript of one recording. */
const MAX_CONTENT_CHARACTERS = 16 * 1024 * 1024;

const inputSchema = z.object({
  analysisId: z.string().min(1).max(100),
  content: z.string().min(1, 'must not be empty').max(MAX_CONTENT_CHARACTERS),
  format: z.enum(TRANSCRIPT_FORMATS).nullish().transform((format) => format ?? null),
  language: z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a BCP 47 tag such as "en" or "zh-CN"').nullish().transform((tag) => tag ?? null),
});

/** The transcript as `content`, or as a file that is read once the caller may import; one of the two. */
export type ImportTranscriptInput = Omit<z.input<typeof inputSchema>, 'content'> & { readonly content?: string | null; readonly readFile?: (() => Promise<string>) | null };

/** What words are compared with: the segments as they were judged. */
export interface JudgedSegment extends WordSegment {
  readonly prediction: PredictionResult | null;
}

/** Compares words with voice. */
export interface WordComparison {
  /** Null where nothing compares them here. What fails of it is a warning, never an error: an import is not refused for it. */
  compare(words: readonly TranscriptWord[], segments: readonly JudgedSegment[], language: string | null): Promise<{ readonly crossCheck: CrossCheck; readonly warnings: readonly AnalysisWarning[] } | null>;
  /** What its warnings' codes begin with. */
  readonly warningPrefix: string;
}

export interface TranscriptService {
  /** Of those of these analyses that have one. */
  find(principal: Principal, analysisIds: readonly string[]): Promise<readonly TranscriptRecord[]>;
  /**
   * Puts a transcript from elsewhere (SRT, WebVTT, JSON with times) in the place of what an analysis has, whole or not at
   * all. BAD_INPUT with the first misfit, NOT_FOUND, CONFLICT, LEGAL_HOLD.
   */
  import(principal: Principal, input: ImportTranscriptInput): Promise<TranscriptRecord>;
}

export interface TranscriptServiceParts {
  readonly database: Database;
  readonly transcripts: TranscriptRepository;
  readonly analyses: AnalysisRepository;
  readonly recordings: RecordingRepository;
  readonly speakers: Pick<SpeakerRepository, 'conversations'>;
  readonly comparison: WordComparison;
  readonly audit: AuditSink;
  readonly facts: Pick<FactOutbox, 'put' | 'announce'>;
}

export function createTranscriptService(parts: TranscriptServiceParts): TranscriptService {
  const { database, transcripts, analyses, recordings, speakers, comparison, audit, facts } = parts;

  /** Segments by the keys of their speakers, which is how words name them. */
  async function segmentsOf(workspaceId: string, analysisId: string): Promise<{ readonly segments: readonly JudgedSegment[]; readonly keyOf: (name: string | null) => string | null }> {
    const known = await analyses.speakers(workspaceId, [analysisId]);
    const keys = new Map(known.map(({ id, key }) => [id, key]));
    const records: readonly SegmentRecord[] = await allSegments(analyses, workspaceId, analysisId);
    const segments = records.map(({ index, startSeconds, endSeconds, speakerId, prediction }) => ({ index, startSeconds, endSeconds, prediction, speaker: speakerId === null ? null : (keys.get(speakerId) ?? null) }));
    // A file may name a voice by its key or by a role that only one has; any other name says nothing here.
    const keyOf = (name: string | null): string | null => {
      if (name === null) return null;
      const byRole = known.filter(({ role }) => role?.toLowerCase() === name.toLowerCase());
      return known.find(({ key }) => key.toLowerCase() === name.toLowerCase())?.key ?? (byRole.length === 1 ? byRole[0]!.key : null);
    };
    return { segments, keyOf };
  }

  async function aligned(workspaceId: string, analysisId: string, texts: readonly TimedText[], durationSeconds: number): Promise<{ readonly words: readonly TranscriptWord[]; readonly segments: readonly JudgedSegment[] }> {
    const { segments, keyOf } = await segmentsOf(workspaceId, analysisId);
    const [conversation] = await speakers.conversations(workspaceId, [analysisId]);
    const spoken = wordsOf(texts, durationSeconds).map((word) => ({ ...word, speaker: keyOf(word.speaker) }));
    return { words: alignWords(spoken, segments, conversation?.stretches ?? []), segments };
  }

  return {
    async find(principal, analysisIds) {
      requireScope(principal, 'analyses:read');
      return transcripts.find(principal.workspaceId, analysisIds);
    },

    async import(principal, given) {
      requireScope(principal, 'analyses:write');
      const { readFile, ...plain } = given;
      if ((readFile == null) === (plain.content == null)) throw new UndertoneError('BAD_INPUT', 'Give the transcript either as `input.content` or as `file`.', { field: 'content' });
      const { analysisId, content, format, language } = parseWith(inputSchema, { ...plain, content: plain.content ?? (await readFile!()) });
      const { workspaceId } = principal;
      const analysis = await analyses.findById(workspaceId, analysisId);
      if (analysis === null) throw new UndertoneError('NOT_FOUND', `There is no analysis ${analysisId.slice(0, 64)}.`, { id: analysisId.slice(0, 64) });
      const notFinished = new UndertoneError('CONFLICT', 'Words are put beside a finished result. Wait until the analysis has succeeded, then import again.');
      if (analysis.status !== 'SUCCEEDED') throw notFinished;
      const recording = await recordings.findById(workspaceId, analysis.recordingId);
      if (recording?.durationSeconds == null) throw notFinished;
      const file = readTranscript(content, format);
      assertFits(file.texts, recording.durationSeconds);
      const { words, segments } = await aligned(workspaceId, analysisId, file.texts, recording.durationSeconds);
      const tag = language ?? file.language ?? recording.language;
      const compared = await comparison.compare(words, segments, tag);
      const crossCheck = compared?.crossCheck ?? null;
      const transcript: Transcript = { source: 'import', engine: file.format, engineDigest: createHash('sha256').update(content).digest('hex'), language: tag, words, crossCheck };
      const texts = textsOf(words);
      const agreements = new Map(crossCheck?.readings.map(({ segmentIndex, agreement }) => [segmentIndex, agreement]));
      const fact = { kind: 'analysis.transcribed', workspaceId, analysisId, recordingId: analysis.recordingId, revision: randomUUID() } as const;
      const stored = await database.transaction(async (tx) => {
        const replaced = await transcripts.replace(tx, workspaceId, analysisId, {
          transcript, warningPrefix: comparison.warningPrefix, warnings: compared?.warnings ?? [],
          segments: segments.map(({ index }) => ({ index, text: texts.get(index) ?? null, agreement: agreements.get(index) ?? null })),
        });
        if (replaced === null) return null;
        await audit.record(tx, principal, { action: 'transcript.imported', subjectKind: 'analysis', subjectId: analysisId, afterDigest: transcript.engineDigest });
        await facts.put(tx, fact);
        return replaced;
      });
      if (stored === null) throw notFinished;
      facts.announce(fact);
      return stored;
    },
  };
}
