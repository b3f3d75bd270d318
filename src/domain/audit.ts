import { createHash } from 'node:crypto';

/** What is written down of one act. Ids and digests only: no names, no contents. */
export interface AuditEventRecord {
  readonly id: string;
  readonly workspaceId: string;
  /** From 1, without a gap, in each workspace. */
  readonly sequence: number;
  readonly at: Date;
  readonly actorKeyId: string;
  readonly actorName: string;
  /** `hold.placed`, `archive.written`, `recording.deleted` … */
  readonly action: string;
  readonly subjectKind: string;
  /** The first, where there are several. */
  readonly subjectId: string;
  /** All of them, where the event is about several; otherwise empty. */
  readonly subjectIds: readonly string[];
  readonly reason: string | null;
  readonly requestId: string | null;
  /** Where the request came from; null for the schedule and the command line. */
  readonly address: string | null;
  readonly beforeDigest: string | null;
  readonly afterDigest: string | null;
  readonly previousHash: string;
  readonly hash: string;
}

/** SHA-256, hex, of an object as JSON with its names in order, which a database may change: says that it was this one, and nothing of what is in it. */
export function digestOf(value: unknown): string {
  const inOrder = (_name: string, part: unknown): unknown =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part;
  return createHash('sha256').update(JSON.stringify(value, inOrder)).digest('hex');
}

/** What the first event of a workspace follows. */
export const AUDIT_GENESIS = '0'.repeat(64);

/** Where a chain, or what is left of it, begins: the place and hash of the event before. */
export interface AuditStart {
  readonly sequence: number;
  readonly hash: string;
}

export const FIRST_START: AuditStart = { sequence: 0, hash: AUDIT_GENESIS };

/** What a caller may look for; what is not named does not matter. */
export interface AuditFilter {
  readonly action?: string;
  readonly actorKeyId?: string;
  readonly subjectKind?: string;
  /** Finds events about several objects as well. */
  readonly subjectId?: string;
  /** From this time on. */
  readonly from?: Date;
  /** Before this time. */
  readonly to?: Date;
}

/**
 * SHA-256, hex, over every field in a fixed order: whoever changes, removes or inserts one event must change all that
 * follow. What later versions added stands at the end and only where it is there, so that events from before keep their
 * hash. `undertone_audit_append` of the migrations computes the same.
 */
export function auditHash(event: Omit<AuditEventRecord, 'hash'>): string {
  const { id, workspaceId, sequence, at, actorKeyId, actorName, action, subjectKind, subjectId, subjectIds, reason, requestId, address, beforeDigest, afterDigest, previousHash } = event;
  const added = subjectIds.length > 0 ? [address, subjectIds] : address === null ? [] : [address];
  const fields = [previousHash, id, workspaceId, sequence, at.toISOString(), actorKeyId, actorName, action, subjectKind, subjectId, reason, requestId, beforeDigest, afterDigest, ...added];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/** The sequence number at which a chain stops being one; null when it holds. Events in order of sequence, from the first after `start`. */
export function brokenAt(events: Iterable<AuditEventRecord>, start: AuditStart = FIRST_START): number | null {
  let previousHash = start.hash;
  let expected = start.sequence + 1;
  for (const event of events) {
    if (event.sequence !== expected || event.previousHash !== previousHash || auditHash(event) !== event.hash) return expected;
    previousHash = event.hash;
    expected += 1;
  }
  return null;
}
