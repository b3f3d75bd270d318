import type { Database, Transaction } from '../db/database.js';
import type { AuditRepository } from '../db/retention-repositories.js';
import { brokenAt, type AuditEventRecord, type AuditFilter, type AuditStart } from '../domain/audit.js';
import { UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import type { Page, PageRequest } from '../domain/records.js';
import { workIds } from '../domain/work-context.js';
import { inWorkspace } from '../domain/workspace-scope.js';
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
  /** Forgets the oldest events that are all from before a time. What is left stays verifiable, and one event says that it was done. */
  prune(principal: Principal, before: Date, options?: { readonly isDryRun?: boolean; readonly signal?: AbortSignal }): Promise<{ readonly prunedCount: number }>;
  /** For the scheduled task: in every workspace what is older than UNDERTONE_AUDIT_DAYS; nothing where that is 0. */
  pruneAll(signal: AbortSignal, isDryRun: boolean): Promise<{ readonly prunedCount: number }>;
}

export interface AuditServiceParts {
  readonly repository: AuditRepository;
  readonly database: Pick<Database, 'transaction'>;
  readonly sink: AuditSink;
  readonly workspaces: () => Promise<readonly string[]>;
  /** How long events are kept; 0: for ever. */
  readonly keepDays: number;
  readonly now?: () => number;
}

const DAY_MS = 24 * 3600 * 1000;
/** A transaction's worth: seconds, not minutes, during which nobody else appends. */
const PRUNED_AT_ONCE = 5000;

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

export function createAuditService({ repository, database, sink, workspaces, keepDays, now = Date.now }: AuditServiceParts): AuditService {
  async function prune(actor: Principal, before: Date, isDryRun: boolean, signal?: AbortSignal): Promise<{ readonly prunedCount: number }> {
    if (isDryRun) return { prunedCount: await repository.countPrunable(actor.workspaceId, before) };
    for (let prunedCount = 0; ; ) {
      signal?.throwIfAborted();
      const pruned = await database.transaction(async (tx) => {
        const start = await repository.prune(tx, actor.workspaceId, before, PRUNED_AT_ONCE);
        if (start !== null) await sink.record(tx, actor, { action: 'audit.pruned', subjectKind: 'audit', subjectId: String(start.sequence), afterDigest: start.hash });
        return start;
      });
      prunedCount += pruned?.prunedCount ?? 0;
      if (pruned === null || pruned.prunedCount < PRUNED_AT_ONCE) return { prunedCount };
    }
  }

  return {
    async prune(principal, before, { isDryRun = false, signal } = {}) {
      requireScope(principal, 'audit:read');
      requireScope(principal, 'retention:admin');
      if (before.getTime() > now()) throw new UndertoneError('BAD_INPUT', 'The time before which events are forgotten lies in the future.', { field: 'before' });
      return prune(principal, before, isDryRun, signal);
    },
    async pruneAll(signal, isDryRun) {
      let prunedCount = 0;
      if (keepDays === 0) return { prunedCount };
      for (const workspaceId of await workspaces()) prunedCount += (await inWorkspace(workspaceId, () => prune(systemPrincipal(workspaceId), new Date(now() - keepDays * DAY_MS), isDryRun, signal))).prunedCount;
      return { prunedCount };
    },

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

/** What a business rule does by itself; what it is called stays out of the log. */
export function rulePrincipal(workspaceId: string, ruleId: string): Principal {
  return { keyId: ruleId, keyName: 'rule', workspaceId, role: 'analyst' };
}
