import type { MockSegment } from './mock-answers.js';

const TEXTS = ['My dog died last night.', 'I am so sorry to hear that.', 'It is fine, it is all fine.', 'Thank you for calling.'];

/** Words beside the voice of every recording that a transcript was imported for. */
export class MockTranscripts {
  readonly #imported = new Set<string>();

  into(recordingId: string, segments: readonly MockSegment[]): MockSegment[] {
    if (!this.#imported.has(recordingId)) return [...segments];
    return segments.map((segment, index) => ({ ...segment, text: TEXTS[index % TEXTS.length]!, agreement: index === 0 ? 0.12 : null }) as unknown as MockSegment);
  }

  import(recordingId: string, { analysisId, content }: { analysisId: string; content: string }) {
    if (!content.includes('-->')) return { __typename: 'BadInputProblem', code: 'BAD_INPUT', message: 'Line 1 has no times.', field: 'content' };
    this.#imported.add(recordingId);
    return this.of(recordingId, analysisId);
  }

  of(recordingId: string, analysisId: string) {
    if (!this.#imported.has(recordingId)) return null;
    const words = [{ text: 'died', startSeconds: 1.2, endSeconds: 1.6, feeling: 'SAD', weight: 0.9, negated: false }];
    const one = { kind: 'SAD_WORDS_HAPPY_VOICE', segmentIndex: 0, startSeconds: 0, endSeconds: 4.4, agreement: 0.12, voiceLabel: 'happy', voiceConfidence: 0.78, voiceScores: [], speaker: null, words };
    return { __typename: 'Transcript', analysisId, source: 'IMPORT', engine: 'srt', engineDigest: null, language: 'en', createdAt: new Date().toISOString(), wordCount: 20, text: '', words: null, crossCheck: { agreement: 0.12, language: 'en', reason: null, lexicon: 'mock', readings: [], contradictions: [one] } };
  }
}
