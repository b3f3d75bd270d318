import { newId } from '../domain/ids.js';
import { toSpeaker } from './analysis-rows.js';
import { stretchesOf, type SpeechColumns } from './conversation-format.js';
import type { Database } from './database.js';
import type { SpeakerRepository } from './repositories.js';

export function createSpeakerRepository(db: Database): SpeakerRepository {
  const { client } = db;
  return {
    async conversations(workspaceId, analysisIds) {
      const rows = await client.conversation.findMany({ where: { workspaceId, analysisId: { in: [...analysisIds] } } });
      return rows.map(({ analysisId, durationSeconds, speech }) => ({ analysisId, durationSeconds, stretches: stretchesOf(speech as unknown as SpeechColumns) }));
    },

    setRole: (workspaceId, speakerId, { after, reason, keyId, keyName }, also) =>
      db.transaction(async (tx) => {
        // Two changes at once take turns, so that each line of history has the role that really was before it.
        const [found] = await tx.$queryRaw<{ role: string | null }[]>`
          SELECT s."role" FROM "Speaker" s JOIN "Analysis" a ON a."id" = s."analysisId" WHERE s."id" = ${speakerId} AND a."workspaceId" = ${workspaceId} FOR UPDATE OF s`;
        if (found === undefined) return null;
        if (found.role === after) return toSpeaker(await tx.speaker.findFirstOrThrow({ where: { id: speakerId } }));
        await tx.speakerRoleChange.create({ data: { id: newId('roleChange'), workspaceId, speakerId, before: found.role, after, reason, keyId, keyName } });
        const speaker = await tx.speaker.update({ where: { id: speakerId }, data: { role: after, roleSource: after === null ? null : 'person' } });
        await also?.(tx, found.role);
        return toSpeaker(speaker);
      }),

    async roleChanges(workspaceId, speakerIds) {
      const rows = await client.speakerRoleChange.findMany({ where: { workspaceId, speakerId: { in: [...speakerIds] } }, orderBy: [{ changedAt: 'asc' }, { id: 'asc' }] });
      return rows.map(({ workspaceId: _workspaceId, ...change }) => change);
    },
  };
}
