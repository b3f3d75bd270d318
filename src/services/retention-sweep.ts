import type { RetentionReport } from './retention-report.js';
import type { RetentionRun } from './retention-run.js';
import { systemPrincipal } from './audit.js';
import { inWorkspace } from '../domain/workspace-scope.js';
import type { RetentionService } from './retention.service.js';

export interface RetentionSweepFigures extends Record<string, number> {
  readonly dueCount: number;
  readonly archivedCount: number;
  readonly deletedCount: number;
  readonly freedBytes: number;
  readonly heldCount: number;
  readonly problemCount: number;
}

/** Retention of every workspace, one after the other, for the schedule. */
export interface RetentionSweep {
  run(signal: AbortSignal, timeoutMs: number): Promise<RetentionSweepFigures>;
  preview(): Promise<RetentionSweepFigures>;
}

export function createRetentionSweep(workspaces: () => Promise<readonly string[]>, run: RetentionRun, retention: RetentionService, now: () => number = Date.now): RetentionSweep {
  async function overAll(work: (workspaceId: string) => Promise<RetentionReport>): Promise<RetentionSweepFigures> {
    const reports: RetentionReport[] = [];
    for (const workspaceId of await workspaces()) reports.push(await inWorkspace(workspaceId, () => work(workspaceId)));
    const sum = (figure: (report: RetentionReport) => number): number => reports.reduce((total, report) => total + figure(report), 0);
    return {
      dueCount: sum((one) => one.dueRecordingCount), archivedCount: sum((one) => one.archivedRecordingCount), deletedCount: sum((one) => one.deletedRecordingCount),
      freedBytes: sum((one) => one.freedBytes), heldCount: sum((one) => one.heldCount), problemCount: sum((one) => one.problems.length),
    };
  }
  return {
    run: (signal, timeoutMs) => {
      const deadlineMs = now() + timeoutMs;
      return overAll((workspaceId) => run(workspaceId, { deadlineMs, signal }));
    },
    preview: () => overAll((workspaceId) => retention.preview(systemPrincipal(workspaceId))),
  };
}
