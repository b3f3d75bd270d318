import { UndertoneError } from '../../src/domain/errors.js';
import { assertFits, readTranscript, wordsOf } from '../../src/domain/transcript-file.js';
import type { TranscriptRecord } from '../../src/domain/transcript.js';
import type { SpeakerService } from '../../src/services/service-contracts.js';
import type { TranscriptService } from '../../src/services/transcript.service.js';
import type { FakeWorld } from './fake-services.js';
import { fakeSpeakers, type FakeChecks } from './fake-speakers.js';

/** By analysis id. */
export const transcriptRows = (): Map<string, TranscriptRecord> => new Map();

/** Who speaks, and what is said. */
export function fakeSpeech(world: FakeWorld, checks: FakeChecks): { readonly speakers: SpeakerService; readonly transcripts: TranscriptService } {
  return { speakers: fakeSpeakers(world, checks), transcripts: fakeTranscripts(world, checks) };
}

/** Takes what the real one takes, and compares nothing. */
function fakeTranscripts(world: FakeWorld, { need, query, mine }: FakeChecks): TranscriptService {
  return {
    find: (principal, ids) => {
      query('transcripts.find');
      return Promise.resolve(ids.flatMap((id) => {
        const transcript = world.transcripts.get(id);
        return transcript === undefined || mine(principal, world.analyses.get(id)) === null ? [] : [transcript];
      }));
    },
    import: async (principal, { analysisId, content: given, readFile, format, language }) => {
      need(principal, 'analyst');
      if ((given == null) === (readFile == null)) throw new UndertoneError('BAD_INPUT', 'Give one.', { field: 'content' });
      const content = given ?? (await readFile!());
      const analysis = mine(principal, world.analyses.get(analysisId));
      if (analysis === null) throw new UndertoneError('NOT_FOUND', `There is no analysis ${analysisId}.`, { id: analysisId });
      const durationSeconds = world.recordings.get(analysis.recordingId)?.durationSeconds ?? 10;
      const file = readTranscript(content, format);
      assertFits(file.texts, durationSeconds);
      const words = wordsOf(file.texts, durationSeconds).map((word) => ({ ...word, segmentIndex: null }));
      const transcript = { analysisId, source: 'import', engine: file.format, engineDigest: null, language: language ?? file.language, words, crossCheck: null, createdAt: new Date(0) } as const;
      world.transcripts.set(analysisId, transcript);
      return Promise.resolve(transcript);
    },
  };
}
