import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AnalysisRecord } from '../../src/domain/records.js';
import { multipart, startTestApp, type TestApp } from '../support/test-app.js';

const IMPORT = `mutation ($input: ImportTranscriptInput!, $file: Upload) { importTranscript(input: $input, file: $file) {
  __typename ... on Transcript { source engine language wordCount text words { texts startSeconds segmentIndexes } } ... on Problem { code message } ... on BadInputProblem { field } } }`;
const SRT = '1\n00:00:00,000 --> 00:00:01,000\nGood morning\n';

let app: TestApp;
let analysis: AnalysisRecord;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(() => {
  app.world.speakers.length = 0;
  app.world.transcripts.clear();
  analysis = app.world.addAnalysis(app.world.addRecording({ durationSeconds: 4 }), { speakersMode: 'channels' });
});
const send = async (input: object, key = 'analyst-key') => (await app.graphql(IMPORT, { input: { analysisId: analysis.id, content: SRT, ...input } }, key)).data?.['importTranscript'];

describe('a transcript', () => {
  it('is imported and read back with its words', async () => {
    expect(await send({ language: 'en' })).toEqual({ __typename: 'Transcript', source: 'IMPORT', engine: 'srt', language: 'en', wordCount: 2, text: 'Good morning', words: { texts: ['Good', 'morning'], startSeconds: [0, 4 / 11], segmentIndexes: [null, null] } });
    const { data } = await app.graphql('query ($id: ID!) { analysis(id: $id) { transcript { text } } }', { id: analysis.id });
    expect(data?.['analysis']).toEqual({ transcript: { text: 'Good morning' } });
  });

  it('is taken as a file', async () => {
    const body = multipart(IMPORT, new Blob([`WEBVTT\n\n00:00.000 --> 00:01.000\n早上好\n`]), { variables: { input: { analysisId: analysis.id } }, fileName: 'a.vtt' });
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { Authorization: 'Bearer analyst-key', 'apollo-require-preflight': '1' }, body });
    expect(await response.json()).toMatchObject({ data: { importTranscript: { __typename: 'Transcript', engine: 'vtt', text: '早上好' } } });
  });

  it('is refused as a file that is no text', async () => {
    const body = multipart(IMPORT, new Blob([Buffer.from([0xff, 0xfe, 0xc3, 0x28])]), { variables: { input: { analysisId: analysis.id } } });
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { Authorization: 'Bearer analyst-key', 'apollo-require-preflight': '1' }, body });
    expect(await response.json()).toMatchObject({ data: { importTranscript: { __typename: 'BadInputProblem', field: 'file' } } });
  });

  it.each([
    ['one that is too long', { content: '1\n00:00:03,000 --> 00:00:09,000\nsecret\n' }, 'analyst-key', { __typename: 'BadInputProblem', field: 'content', message: expect.stringContaining('item 1 ends at 9.000 s') as string }],
    ['neither text nor file', { content: null }, 'analyst-key', { __typename: 'BadInputProblem', field: 'content' }],
    ['no such analysis', { analysisId: 'ana_none' }, 'analyst-key', { __typename: 'NotFoundProblem' }],
    ['another workspace', {}, 'other-key', { __typename: 'NotFoundProblem' }],
    ['a viewer', {}, 'viewer-key', { __typename: 'ForbiddenProblem' }],
  ])('answers %s with a problem, and keeps what is there', async (_what, input, key, expected) => {
    await send({});
    expect(await send(input, key)).toMatchObject(expected);
    expect(app.world.transcripts.get(analysis.id)!.words).toHaveLength(2);
  });

  it('shows words beside voice, with speakers by id, in one query a kind', async () => {
    app.world.speakers.push({ id: 'spk_l', analysisId: analysis.id, key: 'channel-0', role: 'agent', roleSource: 'channel', channel: 0, talkSeconds: 3, summary: null });
    app.world.transcripts.set(analysis.id, {
      analysisId: analysis.id, source: 'engine', engine: 'sherpa-onnx', engineDigest: 'ab', language: 'en', createdAt: new Date(0),
      words: [{ text: 'dead', startSeconds: 1, endSeconds: 1.5, confidence: 0.9, speaker: 'channel-0', segmentIndex: 0 }],
      crossCheck: {
        lexicon: 'l@1', language: 'en', reason: null, agreement: 0.1, readings: [{ segmentIndex: 0, valence: -1, feelings: { negative: 0.25, sad: 0.75 }, strength: 0.9, agreement: 0.1 }],
        contradictions: [{ kind: 'sad-words-happy-voice', segmentIndex: 0, startSeconds: 0, endSeconds: 2, speaker: 'channel-0', agreement: 0.1, voice: { label: 'happy', confidence: 0.78, scores: { angry: 0.1, happy: 0.9 } }, words: [{ text: 'dead', startSeconds: 1, endSeconds: 1.5, feeling: 'sad', weight: 0.9, negated: false }] }],
      },
    });
    app.world.queries.length = 0;
    const query = `query ($id: ID!) { analysis(id: $id) { transcript { source engineDigest words { speakers confidences }
      crossCheck { agreement language reason lexicon readings { segmentIndex valence strength agreement feelings { feeling share } }
        contradictions { kind segmentIndex agreement voiceLabel voiceConfidence voiceScores { label score } speaker { id role } words { text startSeconds endSeconds feeling weight negated } } } } } }`;
    const { data, errors } = await app.graphql(query, { id: analysis.id });
    expect(errors).toBeUndefined();
    expect(data?.['analysis']).toEqual({ transcript: {
      source: 'ENGINE', engineDigest: 'ab', words: { speakers: ['spk_l'], confidences: [0.9] },
      crossCheck: {
        agreement: 0.1, language: 'en', reason: null, lexicon: 'l@1', readings: [{ segmentIndex: 0, valence: -1, strength: 0.9, agreement: 0.1, feelings: [{ feeling: 'SAD', share: 0.75 }, { feeling: 'NEGATIVE', share: 0.25 }] }],
        contradictions: [{ kind: 'SAD_WORDS_HAPPY_VOICE', segmentIndex: 0, agreement: 0.1, voiceLabel: 'happy', voiceConfidence: 0.78, voiceScores: [{ label: 'happy', score: 0.9 }, { label: 'angry', score: 0.1 }], speaker: { id: 'spk_l', role: 'agent' }, words: [{ text: 'dead', startSeconds: 1, endSeconds: 1.5, feeling: 'SAD', weight: 0.9, negated: false }] }],
      },
    } });
    expect([...app.world.queries].sort()).toEqual(['analyses.findMany', 'analyses.speakers', 'transcripts.find']);
  });
});

describe('capabilities', () => {
  it('say whether speech is transcribed, by what, and what to do', async () => {
    const { data } = await app.graphql('{ capabilities { transcription transcriber transcriptionProblem transcribers { id problem isChosen } crossCheckLanguages } }');
    expect(data?.['capabilities']).toEqual({ transcription: false, transcriber: null, transcriptionProblem: expect.stringContaining('pull one') as string, transcribers: [{ id: 'sherpa-onnx', problem: expect.any(String) as string, isChosen: false }], crossCheckLanguages: ['en', 'zh'] });
  });
});
