import type { Transaction } from '../db/database.js';
import type { AuditRepository } from '../db/retention-repositories.js';
import { brokenAt, type AuditEventRecord, type AuditFilter, type AuditStart } from '../domain/audit.js';
import { UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest } from '../domain/records.js';
import { workIds } from '../domain/work-context.js';
import { requireScope } from './permissions.js';

export interface AuditEntry {
  readonly action: string;
  readonly subjectKind: string;
  readonly subjectId: string;
  readonly reason?: string | null;
  readonly beforeDigest?: string | null;
  readonly afterDigest?: string | null;
}

/**
 * Writes down what happens, in the transaction in which it happens: either both are there or neither. Request and
 * address are those of the request that is being answered. One statement; call it last in its transaction.
 */
export interface AuditSink {
  /** Null: of an act that changes no row, in a transaction of its own. */
  record(tx: Transaction | null, actor: Principal, entry: AuditEntry): Promise<void>;
}

export interface AuditService {
  /** Newest first; for admins. BAD_INPUT for a range that ends before it begins. */
  list(principal: Principal, page: PageRequest, filter?: AuditFilter): Promise<Page<AuditEventRecord>>;
  /** Reads the chain to its end, or to where it breaks: the sequence number of the first event that does not follow from the one before, or null. */
  verify(principal: Principal): Promise<{ readonly checkedCount: number; readonly brokenAt: number | null }>;
}

/** For repositories that make the transaction of a change themselves. */
export function recording(audit: AuditSink, actor: Principal, entry: AuditEntry): (tx: Transaction) => Promise<void> {
  return (tx) => audit.record(tx, actor, entry);
}

const BATCH = 1000;

export function createAuditSink(repository: AuditRepository, now: () => number = Date.now): AuditSink {
  return {
    async record(tx, actor, { action, subjectKind, subjectId, reason = null, beforeDigest = null, afterDigest = null }) {
      const { requestId = null, address = null } = workIds.getStore() ?? {};
      await repository.append(tx, actor.workspaceId, [{ id: newId('auditEvent'), at: new Date(now()), actorKeyId: actor.keyId, actorName: actor.keyName, action, subjectKind, subjectId, subjectIds: [], reason, requestId, address, beforeDigest, afterDigest }]);
    },
  };
}

export function createAuditService(repository: AuditRepository): AuditService {
  return {
    async list(principal, page, filter = {}) {
      requireScope(principal, 'audit:read');
      if (filter.from !== undefined && filter.to !== undefined && filter.from >= filter.to) throw new UndertoneError('BAD_INPUT', 'The range must begin before it ends: `to` must be later than `from`.', { field: 'to' });
      return repository.list(principal.workspaceId, page, filter);
    },
    async verify(principal) {
      requireScope(principal, 'audit:read');
      let last: AuditStart = await repository.start(principal.workspaceId);
      for (let checkedCount = 0; ; ) {
        const page = await repository.listFrom(principal.workspaceId, last.sequence, BATCH);
        const broken = brokenAt(page, last);
        const start = broken === null ? last : await repository.start(principal.workspaceId);
        if (start.sequence > last.sequence) {
          // Pruned meanwhile: what was to come next is forgotten, and the chain begins behind it.
          last = start;
          continue;
        }
        checkedCount += page.length;
        if (broken !== null || page.length < BATCH) return { checkedCount, brokenAt: broken };
        last = page.at(-1)!;
      }
    },
  };
}

/** Who acts at the machine itself, by the command line. */
export function operatorPrincipal(workspaceId: string): Principal {
  return { keyId: 'operator', keyName: 'operator', workspaceId, role: 'admin' };
}

/** Who acts when a schedule does. */
export function systemPrincipal(workspaceId: string): Principal {
  return { keyId: 'system', keyName: 'schedule', workspaceId, role: 'admin' };
}
