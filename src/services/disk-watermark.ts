import type { RetentionRepository } from '../db/retention-repositories.js';
import { clearingOrder } from '../domain/retention.js';
import { inWorkspace } from '../domain/workspace-scope.js';
import type { Notices } from './fact-outbox.js';
import type { RetentionRun } from './retention-run.js';

/** It is told while there is still twice the space at which something is done, and stopped a quarter above: one upload must not start it again. */
const TELL_AT = 2;
const STOP_AT = 1.25;
/** Between telling and acting, so that somebody can act first; less than one interval of the schedule. */
const GRACE_MS = 9 * 60_000;
/** The archive needs room itself before it makes any. */
const ARCHIVE_SHARE = 1 / 8;

export interface DiskWatermark {
  /**
   * Tells (`disk.low`) and, under the watermark, makes room: waste at once; when space is still short some minutes after
   * it was told, what the policies have due, those that need no archive first and otherwise in their precedence; then, in
   * the same order, what is over the days that a policy itself gives for a full disk; until there is room. Never what is
   * held, and nothing else. Rejects when space is still short after it, with the figures.
   */
  check(signal: AbortSignal, options: { readonly isDryRun: boolean; readonly timeoutMs: number }): Promise<Readonly<Record<string, number>>>;
}

export interface DiskWatermarkParts {
  /** Where recordings are taken in; null where nobody knows. */
  readonly freeBytes: () => Promise<number | null>;
  /** 0: nothing is watched. */
  readonly lowBytes: number;
  /** False where recordings lie in a bucket: deleting them frees nothing here. */
  readonly holdsRecordings: boolean;
  /** What nobody needs: rests of dead processes, files without a row. Answers how much of it there was. */
  readonly removeWaste: (signal: AbortSignal) => Promise<number>;
  readonly retention: Pick<RetentionRepository, 'workspaces' | 'policies'>;
  readonly run: RetentionRun;
  readonly notify: Notices;
  /** Who hears of it. */
  readonly operatorsWorkspaceId: string;
  readonly now?: () => number;
  readonly graceMs?: number;
}

export function createDiskWatermark({ freeBytes, lowBytes, holdsRecordings, removeWaste, retention, run, notify, operatorsWorkspaceId, now = Date.now, graceMs = GRACE_MS }: DiskWatermarkParts): DiskWatermark {
  const isEnough = async (): Promise<boolean> => ((await freeBytes()) ?? Infinity) >= lowBytes * STOP_AT;

  /** Of this process: each node has a disk of its own. */
  let shortSinceMs: number | null = null;

  return {
    async check(signal, { isDryRun, timeoutMs }) {
      const free = lowBytes === 0 ? null : await freeBytes();
      if (free === null) return {};
      const figures = { freeBytes: free, lowBytes };
      if (free >= lowBytes) shortSinceMs = null;
      if (isDryRun) return { ...figures, wouldTell: Number(free < lowBytes * TELL_AT), wouldAct: Number(free < lowBytes) };
      if (free >= lowBytes * TELL_AT) return {};
      await notify({ kind: 'disk.low', workspaceId: operatorsWorkspaceId, ...figures });
      if (free >= lowBytes) return figures;

      const deadlineMs = now() + timeoutMs;
      shortSinceMs ??= now();
      const done = { wasteCount: await removeWaste(signal), deletedCount: 0, archivedCount: 0, freedBytes: 0 };
      const waitsMs = shortSinceMs + graceMs - now();
      if (waitsMs > 0) return { ...figures, wasteCount: done.wasteCount, actsInSeconds: Math.ceil(waitsMs / 1000) };
      const policies = !holdsRecordings ? [] : (await Promise.all((await retention.workspaces()).map((workspaceId) => retention.policies(workspaceId)))).flat();
      const inOrder = clearingOrder(policies);
      const steps = [...inOrder.map((policy) => ({ policy, isShort: false })), ...inOrder.filter((policy) => policy.keepDaysWhenShort !== null).map((policy) => ({ policy, isShort: true }))];
      for (const { policy: { id, workspaceId }, isShort } of steps) {
        if (signal.aborted || now() >= deadlineMs || (await isEnough())) break;
        const report = await inWorkspace(workspaceId, () => run(workspaceId, { signal, deadlineMs, policyId: id, isShort, isEnough, maxArchiveBytes: lowBytes * ARCHIVE_SHARE }));
        done.deletedCount += report.deletedRecordingCount;
        done.archivedCount += report.archivedRecordingCount;
        done.freedBytes += report.freedBytes;
      }
      const left = (await freeBytes()) ?? free;
      if (left < lowBytes) {
        throw new Error(`${left} bytes are free, less than UNDERTONE_LOW_DISK_BYTES (${lowBytes}), after ${done.wasteCount} rests and the data of ${done.deletedCount} recordings went: no policy has more due. Free space, or shorten what the policies keep (keepDaysWhenShort: only while space runs short).`);
      }
      return { ...figures, ...done };
    },
  };
}
