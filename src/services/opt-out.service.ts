import { z } from 'zod';
import type { Database } from '../db/database.js';
import type { OptOutRepository } from '../db/opt-out.repository.js';
import { UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { OptOutRecord } from '../domain/opt-out.js';
import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest, RecordingRecord } from '../domain/records.js';
import type { AuditSink } from './audit.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { WorkspaceSecrets } from './workspace-secrets.js';

const reason = z.string().trim().min(3).max(1000);
const optOutSchema = z.object({ externalId: z.string().trim().min(1).max(200), reason });

/** Subjects who do not want their voice judged. Stored as a keyed hash, so that the list tells nobody who they are. */
export interface OptOutService {
  /** From now on; what was judged before stays until it is erased. The same subject again gives the same entry. */
  optOut(principal: Principal, input: { readonly externalId: string; readonly reason: string }): Promise<OptOutRecord>;
  /** NOT_FOUND. */
  withdraw(principal: Principal, id: string, reason: string): Promise<OptOutRecord>;
  list(principal: Principal, page: PageRequest): Promise<Page<OptOutRecord>>;
}

/** Asked before anything is inferred. */
export interface OptOutCheck {
  /** SUBJECT_OPTED_OUT where the recording is of a subject that has opted out. */
  assertNotOptedOut(workspaceId: string, recording: Pick<RecordingRecord, 'id' | 'externalId'>): Promise<void>;
}

export interface OptOutParts {
  readonly database: Database;
  readonly optOuts: OptOutRepository;
  readonly secrets: Pick<WorkspaceSecrets, 'subjectHash'>;
  readonly audit: AuditSink;
}

export function createOptOutService({ database, optOuts, secrets, audit }: OptOutParts): OptOutService & OptOutCheck {
  return {
    async optOut(principal, input) {
      requireScope(principal, 'policy:admin');
      const { externalId, reason: why } = parseWith(optOutSchema, input);
      const { workspaceId, keyId } = principal;
      const subjectHash = await secrets.subjectHash(workspaceId, externalId);
      return database.transaction(async (tx) => {
        const { optOut, isNew } = await optOuts.insert(tx, { id: newId('optOut'), workspaceId, subjectHash, reason: why, createdBy: keyId });
        if (isNew) await audit.record(tx, principal, { action: 'subject.opted-out', subjectKind: 'opt-out', subjectId: optOut.id, reason: why });
        return optOut;
      });
    },

    async withdraw(principal, id, given) {
      requireScope(principal, 'policy:admin');
      const why = parseWith(z.object({ reason }), { reason: given }).reason;
      return database.transaction(async (tx) => {
        const gone = await optOuts.delete(tx, principal.workspaceId, id);
        if (gone === null) throw new UndertoneError('NOT_FOUND', `There is no opt-out ${id.slice(0, 64)}.`, { id: id.slice(0, 64) });
        await audit.record(tx, principal, { action: 'subject.opted-in', subjectKind: 'opt-out', subjectId: id, reason: why });
        return gone;
      });
    },

    async list(principal, page) {
      requireScope(principal, 'policy:admin');
      return optOuts.list(principal.workspaceId, page);
    },

    async assertNotOptedOut(workspaceId, { id, externalId }) {
      // Most workspaces have none: no secret is unwrapped then, and nothing hashed.
      if (externalId === null || (await optOuts.isEmpty(workspaceId))) return;
      if (!(await optOuts.has(workspaceId, await secrets.subjectHash(workspaceId, externalId)))) return;
      throw new UndertoneError('SUBJECT_OPTED_OUT', `The recording ${id} is of a subject that has opted out of being judged. Leave it, or withdraw the opt-out (withdrawOptOut) when the subject has agreed again.`, { id });
    },
  };
}
