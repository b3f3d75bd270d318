import { z } from 'zod';
import type { AnalysisRepository, SpeakerRepository } from '../db/repositories.js';
import { digestOf } from '../domain/audit.js';
import { conversationOf } from '../domain/conversation.js';
import { notFound } from '../domain/errors.js';
import { ROLE_NAME } from '../domain/speaker-roles.js';
import type { AuditSink } from './audit.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { SpeakerService } from './service-contracts.js';

const changeSchema = z.object({
  role: z.string().trim().regex(ROLE_NAME, 'must be 1 to 40 letters, digits, spaces, ".", "_" and "-"').nullish().transform((role) => role ?? null),
  reason: z.string().trim().min(1, 'must say why').max(500),
});

export interface SpeakerServiceParts {
  readonly speakers: SpeakerRepository;
  readonly analyses: Pick<AnalysisRepository, 'speakers'>;
  readonly audit: AuditSink;
}

export function createSpeakerService({ speakers, analyses, audit }: SpeakerServiceParts): SpeakerService {
  return {
    async conversations(principal, analysisIds) {
      requireScope(principal, 'analyses:read');
      const records = await speakers.conversations(principal.workspaceId, analysisIds);
      const known = await analyses.speakers(principal.workspaceId, records.map(({ analysisId }) => analysisId));
      return records.map(({ analysisId, stretches, durationSeconds }) => ({
        analysisId,
        conversation: conversationOf(stretches, durationSeconds, known.filter((speaker) => speaker.analysisId === analysisId).map(({ key }) => key)),
      }));
    },

    async setRole(principal, speakerId, given) {
      requireScope(principal, 'analyses:write');
      const { role, reason } = parseWith(changeSchema, given);
      const speaker = await speakers.setRole(principal.workspaceId, speakerId, { after: role, reason, keyId: principal.keyId, keyName: principal.keyName },
        (tx, before) => audit.record(tx, principal, { action: 'speaker.role-set', subjectKind: 'speaker', subjectId: speakerId, reason, beforeDigest: digestOf(before), afterDigest: digestOf(role) }));
      if (speaker === null) throw notFound('speaker', speakerId);
      return speaker;
    },

    async roleChanges(principal, speakerIds) {
      requireScope(principal, 'analyses:read');
      return speakers.roleChanges(principal.workspaceId, speakerIds);
    },
  };
}
