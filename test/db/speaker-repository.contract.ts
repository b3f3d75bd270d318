import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnalysisRepository } from '../../src/db/analysis.repository.js';
import { createRecordingRepository } from '../../src/db/recording.repository.js';
import { createSpeakerRepository } from '../../src/db/speaker.repository.js';
import { conversationOf } from '../../src/domain/conversation.js';
import { newId } from '../../src/domain/ids.js';
import { anOutcome, aSpeaker } from '../support/outcome.js';
import { aRecording } from '../support/rows.js';
import type { TestDatabase } from '../support/test-database.js';

const BY = { keyId: 'key_1', keyName: 'Ann', reason: 'heard her name' } as const;

export function describeSpeakers(open: () => Promise<TestDatabase>): void {
  describe('speakers', () => {
    let database: TestDatabase;
    const current = (): TestDatabase => database;
    let workspaceId: string;
    let recordingId: string;
    let analysisId: string;
    const stretches = [{ speaker: 'channel-0', startSeconds: 0.5, endSeconds: 2.1234 }, { speaker: 'channel-1', startSeconds: 2, endSeconds: 4 }];

    beforeAll(async () => {
      database = await open();
      const { db } = current();
      workspaceId = newId('workspace');
      await db.client.workspace.create({ data: { id: workspaceId, name: 'speakers' } });
      recordingId = (await db.transaction((tx) => createRecordingRepository(db).insertOrFind(tx, aRecording(workspaceId)))).recording.id;
      const analyses = createAnalysisRepository(db);
      analysisId = newId('analysis');
      const roleRule = { rule: 'channel', names: ['agent', 'customer'] } as const;
      const row = { id: analysisId, workspaceId, recordingId, modelId: 'starter', raw: false, speakersMode: 'channels', speakerCount: 2, roleRule, idempotencyKey: null, requestDigest: null } as const;
      expect(await db.transaction((tx) => analyses.insert(tx, row))).toMatchObject({ speakerCount: 2, roleRule });
      await analyses.begin(analysisId);
      const outcome = anOutcome({ speakers: [aSpeaker('channel-0', { channel: 0, role: 'agent', roleSource: 'channel' }), aSpeaker('channel-1', { channel: 1 })], conversation: conversationOf(stretches, 4) });
      expect(await analyses.complete({ analysisId, outcome, trackKey: `tracks/${analysisId}`, peaks: new Int8Array(2) })).toBe(true);
    });
    afterAll(() => database.dispose());
    const speakers = () => createAnalysisRepository(current().db).speakers(workspaceId, [analysisId]);

    it('come back with who spoke when, to the millisecond', async () => {
      const repository = createSpeakerRepository(current().db);
      expect(await repository.conversations(workspaceId, [analysisId, 'ana_none'])).toEqual([{ analysisId, durationSeconds: 4, stretches: [{ ...stretches[0], endSeconds: 2.123 }, stretches[1]] }]);
      expect(await repository.conversations('ws_other', [analysisId])).toEqual([]);
    });

    it('take a role from a person, and keep each word with the one before it', async () => {
      const repository = createSpeakerRepository(current().db);
      const [, second] = await speakers();
      expect(await repository.setRole(workspaceId, second!.id, { after: 'customer', ...BY })).toMatchObject({ role: 'customer', roleSource: 'person' });
      await repository.setRole(workspaceId, second!.id, { after: 'customer', ...BY });
      expect(await repository.setRole(workspaceId, second!.id, { after: null, ...BY, reason: 'was wrong' })).toMatchObject({ role: null, roleSource: null });
      const history = await repository.roleChanges(workspaceId, [second!.id]);
      expect(history.map(({ before, after, reason, keyId, keyName }) => ({ before, after, reason, keyId, keyName }))).toEqual([{ before: null, after: 'customer', ...BY }, { before: 'customer', after: null, ...BY, reason: 'was wrong' }]);
      expect(history[0]!.changedAt).toBeInstanceOf(Date);
    });

    it('of another workspace are none at all', async () => {
      const repository = createSpeakerRepository(current().db);
      const [first] = await speakers();
      expect(await repository.setRole('ws_other', first!.id, { after: 'x', ...BY })).toBeNull();
      expect(await repository.roleChanges('ws_other', [first!.id])).toEqual([]);
      expect((await speakers())[0]).toMatchObject({ role: 'agent', roleSource: 'channel' });
    });

    it('get a line of history for each of several changes at once, each with the role before it', async () => {
      const repository = createSpeakerRepository(current().db);
      const [first] = await speakers();
      await Promise.all(['a', 'b', 'c', 'd'].map((after) => repository.setRole(workspaceId, first!.id, { after, ...BY })));
      const history = await repository.roleChanges(workspaceId, [first!.id]);
      expect(history).toHaveLength(4);
      expect(new Set(history.map(({ before }) => before))).toEqual(new Set(['agent', ...['a', 'b', 'c', 'd'].filter((role) => history.some(({ before }) => before === role))]));
      expect(new Set(history.map(({ before }) => before)).size).toBe(4);
    });

    it('go with their recording, with their history and their conversation', async () => {
      const { db } = current();
      await db.transaction((tx) => createRecordingRepository(db).delete(tx, workspaceId, recordingId));
      expect([await db.client.conversation.count({ where: { workspaceId } }), await db.client.speakerRoleChange.count({ where: { workspaceId } })]).toEqual([0, 0]);
    });
  });
}
