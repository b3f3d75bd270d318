import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuditRepository } from '../../src/db/audit.repository.js';
import type { Database } from '../../src/db/database.js';
import { AUDIT_GENESIS, auditHash, type AuditEventRecord } from '../../src/domain/audit.js';
import type { Principal } from '../../src/domain/principal.js';
import { workIds } from '../../src/domain/work-context.js';
import { createAuditService, createAuditSink, type AuditService, type AuditSink } from '../../src/services/audit.js';
import type { TestDatabase } from '../support/test-database.js';

const admin: Principal = { keyId: 'key_1', keyName: 'Zoë "the admin"\n\u0001\u007f\u2028', workspaceId: 'ws_audit', role: 'admin' };
const other: Principal = { ...admin, keyId: 'key_2', workspaceId: 'ws_other' };
const PAGE = { first: 50, after: null };
const DAY_MS = 24 * 3600 * 1000;
const EVERY_SIGN = Array.from({ length: 0x2fff }, (_, code) => String.fromCodePoint(code + 1)).join('') + '😀';

/** The chain of the audit log, on any PostgreSQL. */
export function describeAudit(engine: string, open: () => Promise<TestDatabase>): void {
  describe(`the audit log on ${engine}`, () => {
    let database: TestDatabase;
    let db: Database;
    let sink: AuditSink;
    let audit: AuditService;
    let nowMs = Date.UTC(2026, 0, 1);
    const record = (actor: Principal, action: string, subjectId: string, reason: string | null = null): Promise<void> => db.transaction((tx) => sink.record(tx, actor, { action, subjectKind: 'thing', subjectId, reason }));
    const events = async (who = admin): Promise<readonly AuditEventRecord[]> => (await audit.list(who, PAGE)).items.toReversed();

    beforeAll(async () => {
      database = await open();
      ({ db } = database);
      await db.client.workspace.createMany({ data: [{ id: 'ws_audit', name: 'Audit' }, { id: 'ws_other', name: 'Other' }] });
      const rows = createAuditRepository(db);
      sink = createAuditSink(rows, () => nowMs);
      audit = createAuditService({ repository: rows, database: db, sink, workspaces: () => Promise.resolve(['ws_audit', 'ws_other']), keepDays: 30, now: () => nowMs });
    });
    afterAll(() => database.dispose());

    it('makes the hash that is checked, whatever signs a name or reason has, with and without an address', async () => {
      await record(admin, 'thing.made', 'thing_1', EVERY_SIGN);
      await workIds.run({ requestId: 'req_1', address: '192.0.2.7' }, () => record(admin, 'thing.changed', 'thing_1', 'half \ud800 and \0'));
      const [made, changed] = await events();
      expect(made).toMatchObject({ sequence: 1, previousHash: AUDIT_GENESIS, actorName: admin.keyName, reason: EVERY_SIGN, address: null, requestId: null, subjectIds: [], at: new Date(nowMs) });
      expect(changed).toMatchObject({ sequence: 2, previousHash: made!.hash, address: '192.0.2.7', requestId: 'req_1', reason: 'half \ufffd and \ufffd' });
      expect([made, changed].map((event) => auditHash(event!))).toEqual([made!.hash, changed!.hash]);
      expect(await audit.verify(admin)).toEqual({ checkedCount: 2, brokenAt: null });
    });

    it('gives each of many that write at once a place of its own', async () => {
      await Promise.all(Array.from({ length: 12 }, (_, index) => record(other, 'thing.made', `thing_${index}`)));
      expect((await events(other)).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
      expect(await audit.verify(other)).toEqual({ checkedCount: 12, brokenAt: null });
    });

    it('leaves no trace of an act that was undone', async () => {
      const before = (await events()).length;
      await expect(db.transaction(async (tx) => {
        await sink.record(tx, admin, { action: 'thing.deleted', subjectKind: 'thing', subjectId: 'thing_1' });
        throw new Error('undone');
      })).rejects.toThrow('undone');
      expect(await events()).toHaveLength(before);
    });

    it('finds by action, key, kind, object and time, in one workspace alone', async () => {
      const firstMs = nowMs;
      nowMs += DAY_MS;
      await db.transaction((tx) => createAuditRepository(db).append(tx, 'ws_audit', [{ id: 'aud_many', at: new Date(nowMs), actorKeyId: 'key_9', actorName: 'nine', action: 'recording.read', subjectKind: 'recording', subjectId: 'rec_1', subjectIds: ['rec_1', 'rec_2'], reason: null, requestId: null, address: null, beforeDigest: null, afterDigest: null }]));
      const ids = async (filter: Parameters<AuditService['list']>[2]): Promise<readonly string[]> => (await audit.list(admin, PAGE, filter)).items.map(({ action }) => action);
      expect(await ids({ action: 'thing.made' })).toEqual(['thing.made']);
      expect(await ids({ actorKeyId: 'key_9' })).toEqual(['recording.read']);
      expect(await ids({ subjectKind: 'recording' })).toEqual(['recording.read']);
      expect(await ids({ subjectId: 'rec_2' })).toEqual(['recording.read']);
      expect(await ids({ subjectId: 'thing_1', from: new Date(firstMs), to: new Date(nowMs) })).toEqual(['thing.changed', 'thing.made']);
      expect(await ids({ from: new Date(nowMs) })).toEqual(['recording.read']);
      expect(await ids({ subjectId: 'thing_11' })).toEqual([]);
      expect(await audit.list(admin, { first: 1, after: null }, { subjectId: 'thing_1' })).toMatchObject({ totalCount: 2, hasNextPage: true });
      await expect(audit.list(admin, PAGE, { from: new Date(2), to: new Date(1) })).rejects.toMatchObject({ code: 'BAD_INPUT', details: { field: 'to' } });
      expect(await audit.verify(admin)).toEqual({ checkedCount: 3, brokenAt: null });
    });

    it('refuses to be changed, emptied or cut, even by who may write the tables', async () => {
      const { client } = db;
      await expect(client.auditEvent.updateMany({ data: { reason: 'another' } })).rejects.toThrow();
      await expect(client.auditEvent.deleteMany()).rejects.toThrow();
      await expect(client.$executeRaw`TRUNCATE "AuditEvent"`).rejects.toThrow();
      await expect(client.auditStart.create({ data: { workspaceId: 'ws_audit', sequence: 2, hash: 'f'.repeat(64), prunedAt: new Date() } })).rejects.toThrow();
      // What lies behind the remembered start cannot be deleted, whatever the transaction says of itself.
      await expect(db.transaction(async (tx) => {
        await tx.$executeRaw`SELECT set_config('undertone.audit_prune', 'on', true)`;
        await tx.auditEvent.deleteMany({ where: { workspaceId: 'ws_other' } });
      })).rejects.toThrow();
      expect(await events(other)).toHaveLength(12);
    });

    it('forgets what is old and stays verifiable, also when nothing older is left', async () => {
      expect(await audit.prune(admin, new Date(nowMs), { isDryRun: true })).toEqual({ prunedCount: 2 });
      expect(await events()).toHaveLength(3);
      expect(await audit.prune(admin, new Date(nowMs))).toEqual({ prunedCount: 2 });
      expect((await events()).map(({ sequence, action, subjectId }) => [sequence, action, subjectId])).toEqual([[3, 'recording.read', 'rec_1'], [4, 'audit.pruned', '2']]);
      expect(await audit.verify(admin)).toEqual({ checkedCount: 2, brokenAt: null });
      expect(await audit.prune(admin, new Date(nowMs))).toEqual({ prunedCount: 0 });
      await expect(audit.prune(admin, new Date(nowMs + 1))).rejects.toMatchObject({ code: 'BAD_INPUT', details: { field: 'before' } });
      await expect(audit.prune({ ...admin, role: 'analyst' }, new Date(0))).rejects.toMatchObject({ code: 'FORBIDDEN' });
      nowMs += 40 * DAY_MS;
      expect(await audit.pruneAll(new AbortController().signal, true)).toEqual({ prunedCount: 14 });
      expect(await audit.pruneAll(new AbortController().signal, false)).toEqual({ prunedCount: 14 });
      expect((await events(other)).map(({ sequence, actorKeyId }) => [sequence, actorKeyId])).toEqual([[13, 'system']]);
      await record(admin, 'thing.made', 'thing_2');
      await record(admin, 'thing.changed', 'thing_2', 'late');
      for (const who of [admin, other]) expect(await audit.verify(who)).toMatchObject({ brokenAt: null });
    });

    it('names the place of an event that was changed behind its back', async () => {
      await db.transaction(async (tx) => {
        await tx.$executeRaw`ALTER TABLE "AuditEvent" DISABLE TRIGGER USER`;
        await tx.$executeRaw`UPDATE "AuditEvent" SET "reason" = NULL WHERE "workspaceId" = 'ws_audit' AND "sequence" = 7`;
        await tx.$executeRaw`ALTER TABLE "AuditEvent" ENABLE TRIGGER USER`;
      });
      expect(await audit.verify(admin)).toMatchObject({ brokenAt: 7 });
      expect(await audit.verify(other)).toMatchObject({ brokenAt: null });
    });
  });
}
