import type { RetentionRepository } from '../db/retention-repositories.js';
import type { ArchiveRecord } from '../domain/archive.js';
import { isUndertoneError } from '../domain/errors.js';
import { whenShort } from '../domain/retention.js';
import type { Archiving, ArchiveOutcome } from './archiving.js';
import { systemPrincipal } from './audit.js';
import type { LiveRemoval } from './live-removal.js';
import { dueRecordings, ReportTally, type DueRecording, type RetentionReport } from './retention-report.js';
import { unhurried } from './unhurried.js';

/** An archive is closed when it holds this much: a broken one costs little, and a restore need not read far. */
const MAX_ARCHIVE_BYTES = 1024 * 1024 * 1024;
const MAX_ARCHIVE_RECORDINGS = 1000;

export interface RetentionRunOptions {
  /** On the clock of `now`; what is not done by then is left to the next run. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Only recordings for which this policy has something due; all of what is due for them is done. */
  readonly policyId?: string;
  /** While space runs short: policies that say so keep fewer days. */
  readonly isShort?: boolean;
  /** Asked before each recording and each archive: true, and the rest is left for later. */
  readonly isEnough?: () => Promise<boolean>;
  /** Smaller archives than usual. */
  readonly maxArchiveBytes?: number;
}

/** Does what is due in one workspace: first what an earlier run left unfinished, then new archives, then what goes without one. */
export type RetentionRun = (workspaceId: string, options: RetentionRunOptions) => Promise<RetentionReport>;

export interface RetentionRunParts {
  readonly retention: RetentionRepository;
  readonly archiving: Archiving;
  readonly removal: LiveRemoval;
  readonly now?: () => number;
  readonly maxArchiveBytes?: number;
}

export function createRetentionRun({ retention, archiving, removal, now = Date.now, ...parts }: RetentionRunParts): RetentionRun {
  return async (workspaceId, { deadlineMs, signal, policyId, isShort = false, isEnough, maxArchiveBytes = parts.maxArchiveBytes ?? MAX_ARCHIVE_BYTES }) => {
    const at = new Date(now());
    const outcomes: ArchiveOutcome[] = [];
    const problems: string[] = [];
    const tally = new ReportTally();
    let deletedOutright = 0;
    let freedBytes = 0;
    let isComplete = true;
    const space = { isForArchives: true };
    const isOver = async (): Promise<boolean> => signal.aborted || now() >= deadlineMs || ((await isEnough?.()) ?? false);
    const advance = async (archive: ArchiveRecord): Promise<void> => {
      try {
        outcomes.push(await archiving.advance(archive, signal));
      } catch (error) {
        // A disk too full for an archive must not keep from going what needs none.
        if (!isUndertoneError(error) || error.code !== 'STORAGE_FULL') throw error;
        space.isForArchives = false;
        problems.push(`${archive.id} waits for space: ${error.message}`);
      }
    };

    for (let left = await archiving.takeUnfinished(workspaceId); left !== null; left = await archiving.takeUnfinished(workspaceId)) await advance(left);

    let batch: DueRecording[] = [];
    let batchBytes = 0;
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return;
      const due = batch;
      batch = [];
      batchBytes = 0;
      const archive = await archiving.open(workspaceId, due);
      if (archive !== null) await advance(archive);
    };
    const deleteOutright = async (due: DueRecording): Promise<void> => {
      const reason = due.decisions.map(({ policy }) => policy.id).join(' ');
      const outcome = await unhurried(() => removal.remove({ actor: systemPrincipal(workspaceId), recordingId: due.facts.recordingId, kinds: due.deletedOutright, action: 'retention.deleted', reason, unlessBusy: true }));
      if (outcome.kind !== 'removed') return;
      await unhurried(() => removal.deleteBlobs(outcome.blobKeys));
      deletedOutright += 1;
      freedBytes += due.decisions.filter(({ kind }) => due.deletedOutright.includes(kind)).reduce((sum, { byteLength }) => sum + byteLength, 0);
    };

    const stored = await retention.policies(workspaceId);
    const policies = isShort ? whenShort(stored) : stored;
    for await (const seen of dueRecordings(retention, workspaceId, policies, at)) {
      if (policyId !== undefined && ('kept' in seen || !seen.decisions.some(({ policy }) => policy.id === policyId))) continue;
      tally.add(seen);
      if ('kept' in seen) continue;
      if ((seen.archivedKinds.length > 0 && !space.isForArchives) || (await isOver())) {
        isComplete = false;
        continue;
      }
      // A recording that is to be archived and has parts to go without: the archive first, so that it is whole; the parts at the next run.
      if (seen.archivedKinds.length === 0) await deleteOutright(seen);
      else {
        batch.push(seen);
        batchBytes += seen.facts.bytes.RECORDING ?? 0;
        if (batchBytes >= maxArchiveBytes || batch.length >= MAX_ARCHIVE_RECORDINGS) await flush();
      }
    }
    if (batch.length > 0) {
      if (!space.isForArchives || (await isOver())) isComplete = false;
      else await flush();
    }

    for (const outcome of outcomes) problems.push(...outcome.problems);
    return tally.report({
      isDryRun: false, at, isComplete, problems,
      archivedRecordingCount: outcomes.reduce((sum, one) => sum + one.archivedRecordingIds.length, 0),
      deletedRecordingCount: outcomes.reduce((sum, one) => sum + one.deletedRecordingIds.length, deletedOutright),
      freedBytes: outcomes.reduce((sum, one) => sum + one.freedBytes, freedBytes),
      archiveIds: outcomes.map(({ archiveId }) => archiveId),
    });
  };
}
