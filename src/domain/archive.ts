import { createHash, type Hash } from 'node:crypto';
import type { DataKind } from './retention.js';

export const ARCHIVE_STATES = ['PREPARING', 'WRITTEN', 'VERIFIED', 'COMPLETE', 'FAILED'] as const;
/** Data is deleted between VERIFIED and COMPLETE only. */
export type ArchiveState = (typeof ARCHIVE_STATES)[number];

export const ARCHIVE_ITEM_STATES = ['PENDING', 'WRITTEN', 'DONE', 'KEPT', 'STALE', 'ABANDONED'] as const;
/** KEPT: a hold came first. STALE: it changed after it was archived, so it was not deleted. ABANDONED: its archive failed. */
export type ArchiveItemState = (typeof ARCHIVE_ITEM_STATES)[number];

export interface ArchiveRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly state: ArchiveState;
  /** `tar.gz` or `tar.zst`. */
  readonly format: string;
  readonly blobKey: string | null;
  readonly sha256: string | null;
  readonly byteLength: number | null;
  readonly recordingCount: number;
  readonly schemaVersion: string;
  readonly signingKeyId: string | null;
  readonly problem: string | null;
  readonly createdAt: Date;
  readonly writtenAt: Date | null;
  readonly verifiedAt: Date | null;
  readonly lastVerifiedAt: Date | null;
}

export interface ArchiveItemRecord {
  readonly id: string;
  readonly archiveId: string;
  readonly recordingId: string;
  readonly policyIds: readonly string[];
  readonly kinds: readonly DataKind[];
  readonly deletedKinds: readonly DataKind[];
  readonly state: ArchiveItemState;
  readonly rowsDigest: string | null;
  readonly byteLength: number;
  readonly pendingBlobKeys: readonly string[];
}

export const HOLD_SCOPES = ['RECORDING', 'SUBJECT', 'QUERY'] as const;
export type HoldScope = (typeof HOLD_SCOPES)[number];

export interface LegalHoldRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly scope: HoldScope;
  readonly recordingId: string | null;
  readonly externalId: string | null;
  readonly subjectHash: string | null;
  /** Dates as ISO text. */
  readonly filter: Readonly<Record<string, string>> | null;
  readonly reason: string;
  readonly placedBy: string;
  readonly placedAt: Date;
  readonly releasedAt: Date | null;
  readonly releasedBy: string | null;
  readonly releaseReason: string | null;
}

/** What an erasure did; holds ids and counts only. */
export interface ErasureReport {
  readonly erasedRecordingIds: readonly string[];
  readonly keptByHold: readonly { readonly recordingId: string; readonly holdIds: readonly string[] }[];
  readonly liveRecordingCount: number;
  readonly blobCount: number;
  readonly destroyedKeyCount: number;
  /** Archives in which something became unreadable. */
  readonly archiveIds: readonly string[];
}

export interface TombstoneRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly subjectHash: string;
  readonly recordingIds: readonly string[];
  readonly report: ErasureReport;
  readonly reason: string;
  readonly erasedBy: string;
  readonly erasedAt: Date;
  readonly hash: string;
}

export function tombstoneHash(row: Omit<TombstoneRecord, 'hash'>): string {
  return createHash('sha256').update(JSON.stringify([row.id, row.workspaceId, row.subjectHash, row.recordingIds, row.report, row.reason, row.erasedBy, row.erasedAt.toISOString()])).digest('hex');
}

/** One member of an archive as the manifest names it. */
export interface ManifestMember {
  readonly path: string;
  readonly byteLength: number;
  /** Of the member's bytes as they lie in the archive, hex. */
  readonly sha256: string;
}

export interface ArchiveManifest {
  readonly format: 'undertone-archive';
  readonly version: 1;
  readonly archiveId: string;
  readonly workspaceId: string;
  readonly createdAt: string;
  readonly schemaVersion: string;
  readonly models: readonly { readonly id: string; readonly version: string; readonly digest: string }[];
  readonly signingKey: { readonly id: string; readonly algorithm: 'Ed25519'; readonly publicKey: string };
  readonly recordings: readonly { readonly id: string; readonly kinds: readonly DataKind[]; readonly dataKeyIds: readonly string[]; readonly members: readonly ManifestMember[] }[];
}

/** Digest of a recording's rows: SHA-256 of each section's rows joined by line ends, then of those. Incremental: rows come in order of section. */
export class RowsDigest {
  private readonly sections: [string, string][] = [];
  private open: { readonly section: string; readonly hash: Hash; isEmpty: boolean } | null = null;

  add(section: string, row: string): void {
    if (this.open?.section !== section) {
      this.close();
      this.open = { section, hash: createHash('sha256'), isEmpty: true };
    }
    if (!this.open.isEmpty) this.open.hash.update('\n');
    this.open.hash.update(row);
    this.open.isEmpty = false;
  }

  private close(): void {
    if (this.open !== null) this.sections.push([this.open.section, this.open.hash.digest('hex')]);
    this.open = null;
  }

  digest(): string {
    this.close();
    return digestOfSections(this.sections);
  }
}

export function digestOfSections(sections: readonly (readonly [string, string])[]): string {
  return createHash('sha256').update(JSON.stringify(sections)).digest('hex');
}
