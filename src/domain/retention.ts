/** What is kept and for how long. Pure: the same facts give the same decisions. Days are 24 hours. */

export const DATA_KINDS = ['RECORDING', 'ORIGINAL_AUDIO', 'PROCESSED_AUDIO', 'FRAME_TRACKS', 'EMBEDDINGS', 'TRANSCRIPTS', 'RESULTS'] as const;
export type DataKind = (typeof DATA_KINDS)[number];

/** What goes when a kind goes: its parts cannot be without it. */
export const PARTS: Readonly<Record<DataKind, readonly DataKind[]>> = {
  RECORDING: ['ORIGINAL_AUDIO', 'PROCESSED_AUDIO', 'FRAME_TRACKS', 'EMBEDDINGS', 'TRANSCRIPTS', 'RESULTS'],
  RESULTS: ['FRAME_TRACKS', 'EMBEDDINGS', 'TRANSCRIPTS'],
  ORIGINAL_AUDIO: [], PROCESSED_AUDIO: [], FRAME_TRACKS: [], EMBEDDINGS: [], TRANSCRIPTS: [],
};

/** Kinds that exist since the last analysis rather than since the upload. */
const OF_ANALYSIS: readonly DataKind[] = ['RECORDING', 'RESULTS', 'FRAME_TRACKS', 'EMBEDDINGS', 'TRANSCRIPTS'];

export const RETENTION_ACTIONS = ['KEEP', 'ARCHIVE', 'ARCHIVE_AND_DELETE', 'DELETE'] as const;
export type RetentionAction = (typeof RETENTION_ACTIONS)[number];

export const REVIEW_STATES = ['NONE', 'PENDING', 'RESOLVED'] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];

export interface RetentionPolicyRecord {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly kind: DataKind;
  readonly action: RetentionAction;
  readonly keepDays: number;
  /** At most as many days, which count while the disk is nearly full; null: a full disk changes nothing. */
  readonly keepDaysWhenShort: number | null;
  /** Higher wins. */
  readonly priority: number;
  readonly isEnabled: boolean;
  /** Any of these; empty: every recording. The same for the next two. */
  readonly tags: readonly string[];
  readonly labels: readonly string[];
  readonly reviewStates: readonly ReviewState[];
  /** Recordings uploaded before are left alone; null: all are meant. */
  readonly appliesFrom: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface RetentionFacts {
  readonly recordingId: string;
  readonly createdAt: Date;
  readonly lastAnalyzedAt: Date | null;
  /** When it came back from an archive. */
  readonly restoredAt: Date | null;
  readonly tags: readonly string[];
  /** Of the newest finished analysis. */
  readonly label: string | null;
  readonly review: ReviewState;
  readonly isHeld: boolean;
  /** An analysis waits or runs, or an archive is being made of it. */
  readonly isBusy: boolean;
  /** Bytes of each kind that is there; a kind that is missing is not. */
  readonly bytes: Partial<Readonly<Record<DataKind, number>>>;
  /** When each kind was last archived as it is now. */
  readonly archived: Partial<Readonly<Record<DataKind, Date>>>;
}

export interface RetentionDecision {
  readonly recordingId: string;
  readonly kind: DataKind;
  readonly policy: RetentionPolicyRecord;
  readonly dueAt: Date;
  readonly byteLength: number;
}

const DAY_MS = 24 * 3600 * 1000;

/** Since when a kind of data is there: a new analysis makes the results, and the whole, young again; a restore everything. */
export function bornAt(facts: Pick<RetentionFacts, 'createdAt' | 'lastAnalyzedAt' | 'restoredAt'>, kind: DataKind): Date {
  const times = [facts.createdAt, facts.restoredAt, OF_ANALYSIS.includes(kind) ? facts.lastAnalyzedAt : null];
  return new Date(Math.max(...times.map((time) => time?.getTime() ?? 0)));
}

export function deletes(action: RetentionAction): boolean {
  return action === 'DELETE' || action === 'ARCHIVE_AND_DELETE';
}

export function archives(action: RetentionAction): boolean {
  return action === 'ARCHIVE' || action === 'ARCHIVE_AND_DELETE';
}

function matches(policy: RetentionPolicyRecord, facts: RetentionFacts): boolean {
  if (!policy.isEnabled) return false;
  if (policy.appliesFrom !== null && facts.createdAt < policy.appliesFrom) return false;
  if (policy.tags.length > 0 && !policy.tags.some((tag) => facts.tags.includes(tag))) return false;
  if (policy.labels.length > 0 && (facts.label === null || !policy.labels.includes(facts.label))) return false;
  return policy.reviewStates.length === 0 || policy.reviewStates.includes(facts.review);
}

function conditionCount(policy: RetentionPolicyRecord): number {
  return Number(policy.tags.length > 0) + Number(policy.labels.length > 0) + Number(policy.reviewStates.length > 0);
}

/** Negative when `a` comes first: higher priority, then more conditions, then the one that keeps longer, then the id. */
export function precedence(a: RetentionPolicyRecord, b: RetentionPolicyRecord): number {
  return b.priority - a.priority || conditionCount(b) - conditionCount(a) || b.keepDays - a.keepDays || (a.id < b.id ? -1 : 1);
}

/** Policies that delete, in the order in which they make room on a full disk: those that need no space for an archive first, then by precedence. */
export function clearingOrder(policies: readonly RetentionPolicyRecord[]): readonly RetentionPolicyRecord[] {
  return policies.filter((policy) => policy.isEnabled && deletes(policy.action)).sort((a, b) => Number(archives(a.action)) - Number(archives(b.action)) || precedence(a, b));
}

/** The policies as they are while space runs short: only those that say so are shorter. */
export function whenShort(policies: readonly RetentionPolicyRecord[]): readonly RetentionPolicyRecord[] {
  return policies.map((policy) => ({ ...policy, keepDays: policy.keepDaysWhenShort ?? policy.keepDays }));
}

/** The one policy that decides about a kind of data of a recording, due or not; null: it is kept. */
export function winner(policies: readonly RetentionPolicyRecord[], facts: RetentionFacts, kind: DataKind): RetentionPolicyRecord | null {
  return policies.filter((policy) => policy.kind === kind && matches(policy, facts)).sort(precedence)[0] ?? null;
}

/**
 * What is due for one recording now. A hold keeps everything. A whole goes only when no part of it has a policy of its
 * own that still keeps it, and without an archive only when no part is meant for one. What goes with a whole is not
 * listed by itself.
 */
export function decide(policies: readonly RetentionPolicyRecord[], facts: RetentionFacts, now: Date): readonly RetentionDecision[] {
  if (facts.isHeld || facts.isBusy) return [];
  const due: RetentionDecision[] = [];
  for (const kind of DATA_KINDS) {
    const byteLength = facts.bytes[kind];
    if (byteLength === undefined) continue;
    if (due.some((one) => deletes(one.policy.action) && PARTS[one.kind].includes(kind))) continue;
    const policy = winner(policies, facts, kind);
    if (policy === null || policy.action === 'KEEP') continue;
    const dueAt = new Date(bornAt(facts, kind).getTime() + policy.keepDays * DAY_MS);
    if (dueAt > now) continue;
    if (!deletes(policy.action) && isArchived(facts, kind)) continue;
    if (deletes(policy.action) && PARTS[kind].some((part) => protectsWhole(policies, facts, part, policy.action, now))) continue;
    due.push({ recordingId: facts.recordingId, kind, policy, dueAt, byteLength });
  }
  return due;
}

function isArchived(facts: RetentionFacts, kind: DataKind): boolean {
  const at = facts.archived[kind];
  return at !== undefined && at >= bornAt(facts, kind);
}

function protectsWhole(policies: readonly RetentionPolicyRecord[], facts: RetentionFacts, part: DataKind, action: RetentionAction, now: Date): boolean {
  if (facts.bytes[part] === undefined) return false;
  const policy = winner(policies, facts, part);
  if (policy === null) return false;
  if (!deletes(policy.action)) return policy.action === 'KEEP' || !isArchived(facts, part);
  return bornAt(facts, part).getTime() + policy.keepDays * DAY_MS > now.getTime() || (action === 'DELETE' && policy.action === 'ARCHIVE_AND_DELETE');
}
