import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { conversationOf } from '../../src/domain/conversation.js';
import type { AnalysisRecord } from '../../src/domain/records.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
let analysis: AnalysisRecord;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(() => {
  app.world.speakers.length = 0;
  app.world.roleChanges.length = 0;
  analysis = app.world.addAnalysis(app.world.addRecording(), { speakersMode: 'channels' });
  const speaker = { analysisId: analysis.id, talkSeconds: 3, summary: null };
  app.world.speakers.push({ ...speaker, id: 'spk_l', key: 'channel-0', role: 'agent', roleSource: 'channel', channel: 0 }, { ...speaker, id: 'spk_r', key: 'channel-1', role: null, roleSource: null, channel: 1 });
  app.world.conversations.set(analysis.id, conversationOf([{ speaker: 'channel-0', startSeconds: 0, endSeconds: 4 }, { speaker: 'channel-1', startSeconds: 3, endSeconds: 6 }], 8));
  app.world.queries.length = 0;
});

const SET = 'mutation ($id: ID!, $role: String, $reason: String!) { setSpeakerRole(speakerId: $id, role: $role, reason: $reason) { __typename ... on Speaker { id role roleSource roleHistory { before after reason keyId keyName changedAt } } ... on Problem { code message } ... on ForbiddenProblem { neededRole } ... on NotFoundProblem { missing: id } } }';

describe('a conversation', () => {
  it('has turns, overlaps and figures, with the speakers by id, in one query a kind', async () => {
    const query = `query ($id: ID!) { analysis(id: $id) {
      conversation { turns { startSeconds endSeconds speakers } speech { speakers } overlaps { startSeconds endSeconds } speechSeconds overlapSeconds silenceSeconds silenceRatio longestSilenceSeconds speakerChangeCount interruptionCount }
      speakers { key role roleSource channel turns { startSeconds endSeconds } figures { talkShare soloSeconds overlapSeconds turnCount meanTurnSeconds longestTurnSeconds interruptionCount interruptedCount responseSeconds } timeline(binSeconds: 100) { startSeconds } roleHistory { id } }
    } }`;
    const { data, errors } = await app.graphql(query, { id: analysis.id });
    expect(errors).toBeUndefined();
    expect(data?.['analysis']).toMatchObject({
      conversation: {
        turns: { startSeconds: [0, 3], endSeconds: [4, 6], speakers: ['spk_l', 'spk_r'] }, speech: { speakers: ['spk_l', 'spk_r'] }, overlaps: { startSeconds: [3], endSeconds: [4] },
        speechSeconds: 6, overlapSeconds: 1, silenceSeconds: 2, silenceRatio: 0.25, longestSilenceSeconds: 2, speakerChangeCount: 1, interruptionCount: 1,
      },
      speakers: [
        { key: 'channel-0', role: 'agent', roleSource: 'CHANNEL', turns: { startSeconds: [0], endSeconds: [4] }, figures: { soloSeconds: 3, overlapSeconds: 1, interruptedCount: 1 } },
        { key: 'channel-1', role: null, roleSource: null, turns: { startSeconds: [3], endSeconds: [6] }, figures: { turnCount: 1, interruptionCount: 1, responseSeconds: null } },
      ],
    });
    expect([...app.world.queries].sort()).toEqual(['analyses.findMany', 'analyses.speakers', 'speakers.conversations', 'speakers.roleChanges']);
  });

  it('is null where speakers were not told apart', async () => {
    const other = app.world.addAnalysis(app.world.addRecording());
    expect((await app.graphql('query ($id: ID!) { analysis(id: $id) { conversation { speechSeconds } speakers { id } } }', { id: other.id })).data?.['analysis']).toEqual({ conversation: null, speakers: [] });
  });
});

describe('setSpeakerRole', () => {
  it('says who a speaker is, with who, when, before, after and why', async () => {
    await app.graphql(SET, { id: 'spk_r', role: 'customer', reason: 'says her name' });
    const { data } = await app.graphql(SET, { id: 'spk_r', role: null, reason: 'wrong call' });
    expect(data?.['setSpeakerRole']).toMatchObject({
      __typename: 'Speaker', role: null, roleSource: null,
      roleHistory: [{ before: null, after: 'customer', reason: 'says her name', keyName: expect.any(String) as string, changedAt: expect.any(String) as string }, { before: 'customer', after: null, reason: 'wrong call' }],
    });
  });

  it.each([
    ['no such speaker', { id: 'spk_none', role: 'x', reason: 'y' }, 'analyst-key', { __typename: 'NotFoundProblem', code: 'NOT_FOUND', missing: 'spk_none' }],
    ['a viewer', { id: 'spk_r', role: 'x', reason: 'y' }, 'viewer-key', { __typename: 'ForbiddenProblem', neededRole: 'analyst' }],
    ['another workspace', { id: 'spk_r', role: 'x', reason: 'y' }, 'other-key', { __typename: 'NotFoundProblem' }],
    ['no reason', { id: 'spk_r', role: 'x', reason: ' ' }, 'analyst-key', { __typename: 'BadInputProblem', code: 'BAD_INPUT' }],
  ])('answers %s with a problem', async (_what, variables, key, expected) => {
    expect((await app.graphql(SET, variables, key)).data?.['setSpeakerRole']).toMatchObject(expected);
  });
});

describe('asking for speakers', () => {
  it('takes their number and their roles', async () => {
    const { data, errors } = await app.graphql('mutation ($id: ID!) { analyzeRecording(input: { recordingId: $id, speakers: AUTO, speakerCount: 2, roles: { rule: FIRST_SPEAKER, names: ["agent", "customer"] } }) { __typename ... on Analysis { speakersMode } } }', { id: analysis.recordingId });
    expect(errors).toBeUndefined();
    expect(data?.['analyzeRecording']).toEqual({ __typename: 'Analysis', speakersMode: 'AUTO' });
  });

  it('is told beforehand whether voices can be told apart, and what to do', async () => {
    const { data } = await app.graphql('{ capabilities { diarization diarizer diarizationProblem } }');
    expect(data?.['capabilities']).toEqual({ diarization: false, diarizer: 'sherpa-onnx', diarizationProblem: expect.stringContaining('pull') as string });
  });
});
