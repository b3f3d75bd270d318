import { z } from 'zod';
import type { Database } from '../db/database.js';
import type { DataKeyRepository, RecordingRepository } from '../db/repositories.js';
import type { HoldRepository } from '../db/retention-repositories.js';
import { HOLD_SCOPES, type LegalHoldRecord } from '../domain/archive.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest } from '../domain/records.js';
import type { AuditSink } from './audit.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { WorkspaceSecrets } from './workspace-secrets.js';

const reason = z.string().trim().min(3).max(1000);
const text = z.string().trim().min(1).max(200).nullish();
const filterSchema = z.object({ tag: text, externalId: text, search: text, label: text, createdAfter: z.date().nullish(), createdBefore: z.date().nullish() });
const holdSchema = z.object({ scope: z.enum(HOLD_SCOPES), recordingId: text, externalId: text, filter: filterSchema.nullish(), reason });
export type LegalHoldInput = z.input<typeof holdSchema>;

export interface HoldService {
  /** BAD_INPUT unless exactly what the scope needs is given; NOT_FOUND for a recording that is not there. */
  place(principal: Principal, input: LegalHoldInput): Promise<LegalHoldRecord>;
  /** CONFLICT when it was released before. */
  release(principal: Principal, id: string, reason: string): Promise<LegalHoldRecord>;
  list(principal: Principal, page: PageRequest, activeOnly: boolean): Promise<Page<LegalHoldRecord>>;
  /** Active holds of a recording, for whoever may see it. */
  ofRecording(principal: Principal, recordingId: string): Promise<readonly LegalHoldRecord[]>;
}

export interface HoldServiceParts {
  readonly database: Database;
  readonly holds: HoldRepository;
  readonly recordings: RecordingRepository;
  readonly dataKeys: DataKeyRepository;
  readonly secrets: WorkspaceSecrets;
  readonly audit: AuditSink;
}

export function createHoldService({ database, holds, recordings, dataKeys, secrets, audit }: HoldServiceParts): HoldService {
  return {
    async place(principal, input) {
      requireScope(principal, 'holds:admin');
      const { workspaceId } = principal;
      const given = parseWith(holdSchema, input);
      const filter = given.filter == null ? null : conditionsOf(given.filter);
      const target = { RECORDING: given.recordingId, SUBJECT: given.externalId, QUERY: filter }[given.scope] ?? null;
      const givenCount = [given.recordingId, given.externalId, filter].filter((one) => one != null).length;
      if (target === null || givenCount !== 1) throw new UndertoneError('BAD_INPUT', 'A hold of scope RECORDING takes recordingId, SUBJECT takes externalId, QUERY takes filter with at least one condition, and nothing else.', { field: 'scope' });
      if (given.scope === 'RECORDING' && (await recordings.findById(workspaceId, given.recordingId!)) === null) throw notFound('recording', given.recordingId!);
      const subjectHash = given.scope === 'SUBJECT' ? await secrets.subjectHash(workspaceId, given.externalId!) : null;
      // Also what is left of a subject in archives only: a hold keeps its keys.
      const archived = subjectHash === null ? [] : await dataKeys.findBySubject(workspaceId, subjectHash);
      const row = { id: newId('legalHold'), workspaceId, scope: given.scope, recordingId: given.recordingId ?? null, externalId: given.externalId ?? null, subjectHash, filter, reason: given.reason, placedBy: principal.keyId, placedAt: new Date() };
      return database.transaction(async (tx) => {
        await holds.lock(tx, workspaceId);
        const hold = await holds.insert(tx, row, archived);
        if (hold.scope === 'QUERY') await holds.addMembers(tx, workspaceId, hold.id, await holds.covered(tx, workspaceId, hold.id));
        await audit.record(tx, principal, { action: 'hold.placed', subjectKind: 'legal-hold', subjectId: hold.id, reason: given.reason });
        return hold;
      });
    },

    async release(principal, id, givenReason) {
      requireScope(principal, 'holds:admin');
      const why = parseWith(z.object({ reason }), { reason: givenReason }).reason;
      return database.transaction(async (tx) => {
        await holds.lock(tx, principal.workspaceId);
        const released = await holds.release(tx, principal.workspaceId, id, principal.keyId, why);
        if (released === null) throw notFound('legal hold', id);
        if (released.isRepeated) throw new UndertoneError('CONFLICT', 'This hold was released before.');
        await audit.record(tx, principal, { action: 'hold.released', subjectKind: 'legal-hold', subjectId: id, reason: why });
        return released.hold;
      });
    },

    async list(principal, page, activeOnly) {
      requireScope(principal, 'holds:admin');
      return holds.list(principal.workspaceId, page, activeOnly);
    },

    async ofRecording(principal, recordingId) {
      requireScope(principal, 'retention:read');
      const ids = (await database.transaction((tx) => holds.holdsOf(tx, principal.workspaceId, [recordingId]))).get(recordingId) ?? [];
      const found = await Promise.all(ids.map((id) => holds.find(principal.workspaceId, id)));
      return found.filter((hold) => hold !== null);
    },
  };
}

/** What is given, with dates as ISO text; null when nothing is. */
function conditionsOf(filter: z.infer<typeof filterSchema>): Readonly<Record<string, string>> | null {
  const entries = Object.entries(filter).flatMap(([name, value]) => (value == null ? [] : [[name, value instanceof Date ? value.toISOString() : value] as const]));
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
