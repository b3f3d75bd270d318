import { z } from 'zod';
import type { Transaction } from '../db/database.js';
import type { WorkspaceRepository } from '../db/workspace.repository.js';
import { digestOf } from '../domain/audit.js';
import { UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { formatByteLength, usageHistory, type UsageOfKind } from '../domain/usage.js';
import type { BlobStore } from '../storage/blob-store.js';
import type { Notices } from './fact-outbox.js';
import { lawChange } from './law.service.js';
import { operatorPrincipal, recording, type AuditSink } from './audit.js';
import { asSystem, inWorkspace } from '../domain/workspace-scope.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { UsageService, WorkspaceAdministration } from './service-contracts.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_DAYS = 3660;
const TRACKS_AT_ONCE = 1000;
const NEAR_QUOTA = 0.9;

const quota = z.number().int().min(0).nullable();
const newWorkspace = z.object({ name: z.string().trim().min(1).max(100), maxStoredBytes: quota });

/** Refuses what a workspace has no room for. */
export interface StorageQuota {
  /** To be called in the transaction that has added a recording of `addedBytes`. QUOTA_EXCEEDED, which undoes it. */
  assertRoom(tx: Transaction, workspaceId: string, addedBytes: number): Promise<void>;
}

export function createStorageQuota(workspaces: WorkspaceRepository): StorageQuota {
  return {
    async assertRoom(tx, workspaceId, addedBytes) {
      const limit = (await workspaces.find(workspaceId, tx))?.maxStoredBytes ?? null;
      if (limit === null) return;
      const wanted = await workspaces.lockedStoredBytes(tx, workspaceId);
      if (wanted <= limit) return;
      const stored = wanted - addedBytes;
      throw new UndertoneError('QUOTA_EXCEEDED', `The workspace stores ${formatByteLength(stored)} of the ${formatByteLength(limit)} it may; this file has ${formatByteLength(addedBytes)}. Delete or archive recordings, or have the quota raised (undertone workspaces set).`, { storedBytes: stored, maxBytes: limit, receivedBytes: addedBytes, remaining: Math.max(0, limit - stored) });
    },
  };
}

function noWorkspace(id: string): UndertoneError {
  return new UndertoneError('NOT_FOUND', `There is no workspace ${id.slice(0, 64)}. undertone workspaces list shows those that are.`, { id: id.slice(0, 64) });
}

/** For the operator at the machine: an administrator of one workspace must not raise its own quota. */
export function createWorkspaceAdministration(workspaces: WorkspaceRepository, audit: AuditSink): WorkspaceAdministration {
  return {
    list: () => asSystem(() => workspaces.list()),
    create: (input) => {
      const id = newId('workspace');
      const given = parseWith(newWorkspace, input);
      return asSystem(() => workspaces.insert({ id, ...given }, recording(audit, operatorPrincipal(id), { action: 'workspace.made', subjectKind: 'workspace', subjectId: id })));
    },
    async setLaw(id, input) {
      const law = lawChange(input, Date.now);
      const changed = await asSystem(() => workspaces.setLaw(id, law, (tx, before) =>
        audit.record(tx, operatorPrincipal(id), { action: 'workspace.law-changed', subjectKind: 'workspace', subjectId: id, reason: law.overrideReason ?? null, beforeDigest: digestOf(before.law), afterDigest: digestOf({ ...before.law, ...law }) })));
      if (changed === null) throw noWorkspace(id);
      return changed;
    },
    async setQuota(id, maxStoredBytes) {
      const bytes = parseWith(quota, maxStoredBytes);
      const changed = await asSystem(() => workspaces.setMaxStoredBytes(id, bytes, (tx, before) =>
        audit.record(tx, operatorPrincipal(id), { action: 'workspace.quota-changed', subjectKind: 'workspace', subjectId: id, beforeDigest: digestOf(before.maxStoredBytes), afterDigest: digestOf(maxStoredBytes) })));
      if (changed === null) throw noWorkspace(id);
      return changed;
    },
  };
}

export function createUsageService(workspaces: WorkspaceRepository, blobs: Pick<BlobStore, 'list'>, notify: Notices, now: () => number = Date.now): UsageService {
  const today = (): Date => new Date(Math.floor(now() / DAY_MS) * DAY_MS);

  /** One pass over the storage for all workspaces. */
  async function measureTracks(signal: AbortSignal): Promise<ReadonlyMap<string, UsageOfKind>> {
    const totals = new Map<string, UsageOfKind>();
    let batch = new Map<string, number>();
    const count = async (): Promise<void> => {
      for (const [key, owner] of await workspaces.ownersOfTracks([...batch.keys()])) {
        const { byteLength, itemCount } = totals.get(owner) ?? { byteLength: 0, itemCount: 0 };
        totals.set(owner, { kind: 'tracks', byteLength: byteLength + batch.get(key)!, itemCount: itemCount + 1 });
      }
      batch = new Map();
    };
    for await (const { key, byteLength } of blobs.list('tracks/')) {
      signal.throwIfAborted();
      batch.set(key, byteLength);
      if (batch.size >= TRACKS_AT_ONCE) await count();
    }
    await count();
    return totals;
  }

  return {
    async usage(principal, days) {
      requireScope(principal, 'usage:read');
      const since = new Date(today().getTime() - (parseWith(z.number().int().min(1).max(MAX_DAYS), days) - 1) * DAY_MS);
      const [workspace, storedBytes, snapshots] = await Promise.all([workspaces.find(principal.workspaceId), workspaces.storedBytes(principal.workspaceId), workspaces.snapshots(principal.workspaceId, since)]);
      const newest = snapshots.at(-1)?.day.getTime();
      return { maxStoredBytes: workspace?.maxStoredBytes ?? null, storedBytes, kinds: snapshots.filter(({ day }) => day.getTime() === newest), history: usageHistory(snapshots) };
    },

    async measureAll(signal, isDryRun = false) {
      const tracks = await measureTracks(signal);
      const all = await workspaces.list();
      let byteLength = 0;
      for (const { id } of all) {
        signal.throwIfAborted();
        const kinds: readonly UsageOfKind[] = [...(await inWorkspace(id, () => workspaces.measure(id))), tracks.get(id) ?? { kind: 'tracks', byteLength: 0, itemCount: 0 }];
        byteLength += kinds.reduce((sum, kind) => sum + kind.byteLength, 0);
        if (!isDryRun) await inWorkspace(id, () => workspaces.saveSnapshot(id, today(), kinds));
      }
      return { workspaces: all.length, byteLength };
    },

    async reportQuotas(signal, isDryRun = false) {
      let nearCount = 0;
      let fullCount = 0;
      for (const { id, maxStoredBytes } of await workspaces.list()) {
        signal.throwIfAborted();
        if (maxStoredBytes === null) continue;
        const storedBytes = await inWorkspace(id, () => workspaces.storedBytes(id));
        if (storedBytes < maxStoredBytes * NEAR_QUOTA) continue;
        nearCount += 1;
        if (storedBytes >= maxStoredBytes) fullCount += 1;
        if (!isDryRun) await notify({ kind: 'quota.near', workspaceId: id, storedBytes, maxBytes: maxStoredBytes });
      }
      return { nearCount, fullCount };
    },
  };
}
