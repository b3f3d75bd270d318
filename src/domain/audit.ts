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
  readonly subjectId: string;
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly beforeDigest: string | null;
  readonly afterDigest: string | null;
  readonly previousHash: string;
  readonly hash: string;
}

/** What the first event of a workspace follows. */
export const AUDIT_GENESIS = '0'.repeat(64);

/** SHA-256, hex, over every field in a fixed order: whoever changes, removes or inserts one event must change all that follow. */
export function auditHash(event: Omit<AuditEventRecord, 'hash'>): string {
  const { id, workspaceId, sequence, at, actorKeyId, actorName, action, subjectKind, subjectId, reason, requestId, beforeDigest, afterDigest, previousHash } = event;
  const fields = [previousHash, id, workspaceId, sequence, at.toISOString(), actorKeyId, actorName, action, subjectKind, subjectId, reason, requestId, beforeDigest, afterDigest];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/** The sequence number at which a chain stops being one; null when it holds. Events in order of sequence, from the first. */
export function brokenAt(events: Iterable<AuditEventRecord>): number | null {
  let previousHash = AUDIT_GENESIS;
  let expected = 1;
  for (const event of events) {
    if (event.sequence !== expected || event.previousHash !== previousHash || auditHash(event) !== event.hash) return expected;
    previousHash = event.hash;
    expected += 1;
  }
  return null;
}
