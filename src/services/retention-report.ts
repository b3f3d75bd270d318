import type { DataKind, RetentionAction, RetentionDecision, RetentionFacts, RetentionPolicyRecord } from '../domain/retention.js';
import { archives, decide, deletes } from '../domain/retention.js';
import type { RetentionRepository } from '../db/retention-repositories.js';

export interface PolicyFigures {
  readonly policy: RetentionPolicyRecord;
  readonly recordingCount: number;
  readonly byteLength: number;
  /** Upload of the oldest recording that is due. */
  readonly oldestAt: Date;
}

export interface RetentionReport {
  readonly isDryRun: boolean;
  readonly at: Date;
  /** What is due, by the policy that decided. */
  readonly policies: readonly PolicyFigures[];
  readonly dueRecordingCount: number;
  readonly dueBytes: number;
  /** Recordings that would be due and are kept by a hold. */
  readonly heldCount: number;
  /** Recordings left for later because an analysis runs or an archive of them is being made. */
  readonly busyCount: number;
  readonly archivedRecordingCount: number;
  readonly deletedRecordingCount: number;
  readonly freedBytes: number;
  /** Archives that this run finished. */
  readonly archiveIds: readonly string[];
  readonly problems: readonly string[];
  /** False when time ran out before everything due was done; the next run goes on. */
  readonly isComplete: boolean;
}

/** What is due for one recording, sorted by what becomes of it. */
export interface DueRecording {
  readonly facts: RetentionFacts;
  readonly decisions: readonly RetentionDecision[];
  readonly archivedKinds: readonly DataKind[];
  /** Deleted once they are archived. */
  readonly archivedThenDeleted: readonly DataKind[];
  readonly deletedOutright: readonly DataKind[];
}

const PAGE = 500;
const DAY_MS = 24 * 3600 * 1000;

export function dueRecording(policies: readonly RetentionPolicyRecord[], facts: RetentionFacts, now: Date): DueRecording | null {
  const decisions = decide(policies, facts, now);
  if (decisions.length === 0) return null;
  const kindsWhere = (test: (action: RetentionAction) => boolean): DataKind[] => decisions.filter(({ policy }) => test(policy.action)).map(({ kind }) => kind);
  return {
    facts, decisions,
    archivedKinds: kindsWhere(archives),
    archivedThenDeleted: kindsWhere((action) => action === 'ARCHIVE_AND_DELETE'),
    deletedOutright: kindsWhere((action) => action === 'DELETE'),
  };
}

export type Seen = DueRecording | { readonly kept: 'held' | 'busy' };

/** Every recording that is due under these policies, or would be if nothing kept it; oldest first, a page in memory at a time. */
export async function* dueRecordings(repository: RetentionRepository, workspaceId: string, policies: readonly RetentionPolicyRecord[], now: Date): AsyncGenerator<Seen> {
  const acting = policies.filter((policy) => policy.isEnabled && policy.action !== 'KEEP');
  if (acting.length === 0) return;
  const before = new Date(now.getTime() - Math.min(...acting.map((policy) => policy.keepDays)) * DAY_MS + 1);
  for (let after: { createdAt: Date; id: string } | null = null; ; ) {
    const page: readonly RetentionFacts[] = await repository.facts(workspaceId, before, after, PAGE);
    for (const facts of page) {
      const due = dueRecording(policies, facts, now);
      if (due !== null) yield due;
      else if ((facts.isHeld || facts.isBusy) && dueRecording(policies, { ...facts, isHeld: false, isBusy: false }, now) !== null) yield { kept: facts.isHeld ? 'held' : 'busy' };
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = { createdAt: last.createdAt, id: last.recordingId };
  }
}

/** Adds up what is due. */
export class ReportTally {
  private readonly byPolicy = new Map<string, { policy: RetentionPolicyRecord; recordingCount: number; byteLength: number; oldestAt: Date }>();
  private recordingCount = 0;
  private held = 0;
  private busy = 0;

  add(seen: Seen): void {
    if ('kept' in seen) {
      if (seen.kept === 'held') this.held += 1;
      else this.busy += 1;
      return;
    }
    this.recordingCount += 1;
    for (const { policy, byteLength } of seen.decisions) {
      const known = this.byPolicy.get(policy.id);
      const { createdAt } = seen.facts;
      if (known === undefined) this.byPolicy.set(policy.id, { policy, recordingCount: 1, byteLength, oldestAt: createdAt });
      else {
        known.recordingCount += 1;
        known.byteLength += byteLength;
        if (createdAt < known.oldestAt) known.oldestAt = createdAt;
      }
    }
  }

  report(rest: Pick<RetentionReport, 'isDryRun' | 'at'> & Partial<RetentionReport>): RetentionReport {
    const policies = [...this.byPolicy.values()].sort((a, b) => (a.policy.id < b.policy.id ? -1 : 1));
    return {
      policies, dueRecordingCount: this.recordingCount, dueBytes: policies.reduce((sum, one) => sum + one.byteLength, 0), heldCount: this.held, busyCount: this.busy,
      archivedRecordingCount: 0, deletedRecordingCount: 0, freedBytes: 0, archiveIds: [], problems: [], isComplete: true, ...rest,
    };
  }
}

/** True when a policy ever removes something: what asks for a confirmation. */
export function isDestructive(policy: Pick<RetentionPolicyRecord, 'action' | 'isEnabled'>): boolean {
  return policy.isEnabled && deletes(policy.action);
}
