import type { RetentionRepository } from '../db/retention-repositories.js';
import type { Archiving, ArchiveOutcome } from './archiving.js';
import { systemPrincipal } from './audit.js';
import type { LiveRemoval } from './live-removal.js';
import { dueRecordings, ReportTally, type DueRecording, type RetentionReport } from './retention-report.js';

/** An archive is closed when it holds this much: a broken one costs little, and a restore need not read far. */
const MAX_ARCHIVE_BYTES = 1024 * 1024 * 1024;
const MAX_ARCHIVE_RECORDINGS = 1000;

export interface RetentionRunOptions {
  /** On the clock of `now`; what is not done by then is left to the next run. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
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

export function createRetentionRun({ retention, archiving, removal, now = Date.now, maxArchiveBytes = MAX_ARCHIVE_BYTES }: RetentionRunParts): RetentionRun {
  return async (workspaceId, { deadlineMs, signal }) => {
    const at = new Date(now());
    const outcomes: ArchiveOutcome[] = [];
    const problems: string[] = [];
    const tally = new ReportTally();
    let deletedOutright = 0;
    let freedBytes = 0;
    let isComplete = true;
    const isOver = (): boolean => signal.aborted || now() >= deadlineMs;

    for (let left = await archiving.takeUnfinished(workspaceId); left !== null; left = await archiving.takeUnfinished(workspaceId)) outcomes.push(await archiving.advance(left, signal));

    let batch: DueRecording[] = [];
    let batchBytes = 0;
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return;
      const due = batch;
      batch = [];
      batchBytes = 0;
      outcomes.push(await archiving.advance(await archiving.open(workspaceId, due), signal));
    };
    const deleteOutright = async (due: DueRecording): Promise<void> => {
      const outcome = await removal.remove({ actor: systemPrincipal(workspaceId), recordingId: due.facts.recordingId, kinds: due.deletedOutright, action: 'retention.deleted', reason: due.decisions.map(({ policy }) => policy.id).join(' '), unlessBusy: true });
      if (outcome.kind !== 'removed') return;
      await removal.deleteBlobs(outcome.blobKeys);
      deletedOutright += 1;
      freedBytes += due.decisions.filter(({ kind }) => due.deletedOutright.includes(kind)).reduce((sum, { byteLength }) => sum + byteLength, 0);
    };

    const policies = await retention.policies(workspaceId);
    for await (const seen of dueRecordings(retention, workspaceId, policies, at)) {
      tally.add(seen);
      if ('kept' in seen) continue;
      if (isOver()) {
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
    if (!isOver()) await flush();
    else if (batch.length > 0) isComplete = false;

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
