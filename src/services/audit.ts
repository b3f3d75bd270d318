import type { Transaction } from '../db/database.js';
import type { AuditRepository } from '../db/retention-repositories.js';
import { brokenAt, type AuditEventRecord } from '../domain/audit.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest } from '../domain/records.js';
import { requireScope } from './permissions.js';

export interface AuditEntry {
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly reason?: string | null;
  readonly requestId?: string | null;
  readonly beforeDigest?: string | null;
  readonly afterDigest?: string | null;
}

/** Writes down what happens, in the transaction in which it happens: either both are there or neither. */
export interface AuditSink {
  record(tx: Transaction, actor: Principal, entry: AuditEntry): Promise<void>;
}

export interface AuditService {
  /** Newest first; for admins. */
  list(principal: Principal, page: PageRequest): Promise<Page<AuditEventRecord>>;
  /** Reads the whole chain; the sequence number of the first event that does not follow from the one before, or null. */
  verify(principal: Principal): Promise<{ readonly checkedCount: number; readonly brokenAt: number | null }>;
}

const BATCH = 1000;

export function createAuditSink(repository: AuditRepository, now: () => number = Date.now): AuditSink {
  return {
    async record(tx, actor, { action, subjectKind, subjectId, reason = null, requestId = null, beforeDigest = null, afterDigest = null }) {
      await repository.append(tx, { id: newId('auditEvent'), workspaceId: actor.workspaceId, at: new Date(now()), actorKeyId: actor.keyId, actorName: actor.keyName, action, subjectKind, subjectId, reason, requestId, beforeDigest, afterDigest });
    },
  };
}

export function createAuditService(repository: AuditRepository): AuditService {
  return {
    async list(principal, page) {
      requireScope(principal, 'audit:read');
      return repository.list(principal.workspaceId, page);
    },
    async verify(principal) {
      requireScope(principal, 'audit:read');
      const events: AuditEventRecord[] = [];
      for (;;) {
        const page = await repository.listFrom(principal.workspaceId, events.length, BATCH);
        events.push(...page);
        if (page.length < BATCH) break;
      }
      return { checkedCount: events.length, brokenAt: brokenAt(events) };
    },
  };
}

/** Who acts when a schedule does. */
export function systemPrincipal(workspaceId: string): Principal {
  return { keyId: 'system', keyName: 'schedule', workspaceId, role: 'admin' };
}
