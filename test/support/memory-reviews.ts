import type { Transaction } from '../../src/db/database.js';
import type { ReviewOnlooker, ReviewRepository } from '../../src/db/review-repositories.js';
import { UndertoneError } from '../../src/domain/errors.js';
import type { ReviewPolicy, ReviewSubject } from '../../src/domain/review-policy.js';
import { activeDecisions, answersOf, isHiddenFrom, openSlots, othersAtWork, votesOf, type ReviewFilter, type ReviewItemRecord } from '../../src/domain/review.js';

const byPriority = (a: ReviewItemRecord, b: ReviewItemRecord): number => b.priority - a.priority || a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);

/** Review items in maps. `subjects` is what is "stored" of finished analyses; one transaction runs at a time. */
export class MemoryReviews {
  readonly items = new Map<string, ReviewItemRecord>();
  readonly subjects: ReviewSubject[] = [];
  readonly policies = new Map<string, ReviewPolicy>();
  private last: Promise<unknown> = Promise.resolve();
  private made = 0;

  readonly transaction = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
    const mine = this.last.then(() => work({} as Transaction));
    this.last = mine.catch(() => undefined);
    return mine;
  };

  private of(workspaceId: string): ReviewItemRecord[] {
    return [...this.items.values()].filter((item) => item.workspaceId === workspaceId);
  }
  private change(id: string, changes: Partial<ReviewItemRecord>): Promise<void> {
    const item = this.items.get(id);
    if (item === undefined) throw new Error(`no item ${id}`);
    this.items.set(id, { ...item, ...changes });
    return Promise.resolve();
  }
  private isClaimable(item: ReviewItemRecord, { keyId, now }: ReviewOnlooker): boolean {
    const isMeant = item.assigneeKeyIds.length === 0 || item.assigneeKeyIds.includes(keyId);
    return isMeant && !activeDecisions(item.decisions).some((decision) => decision.keyId === keyId) && othersAtWork(item, keyId, now).length < openSlots(item);
  }
  private matches(item: ReviewItemRecord, filter: ReviewFilter, onlooker: ReviewOnlooker): boolean {
    const { status = 'PENDING', reason, recordingId, analysisId, minPriority, isClaimable, assignedTo, claimedBy, createdAfter, createdBefore } = filter;
    return item.status === status && (recordingId ?? item.recordingId) === item.recordingId && (analysisId ?? item.analysisId) === item.analysisId && item.priority >= (minPriority ?? 0)
      && (reason === undefined || (item.reasons.some(({ kind }) => kind === reason) && !isHiddenFrom(item, onlooker.keyId)))
      && (isClaimable === undefined || isClaimable === this.isClaimable(item, onlooker))
      && (assignedTo === undefined || item.assigneeKeyIds.includes(assignedTo))
      && (claimedBy === undefined || item.claims.some((claim) => claim.keyId === claimedBy && claim.expiresAt > onlooker.now))
      && (createdAfter === undefined || item.createdAt >= createdAfter) && (createdBefore === undefined || item.createdAt < createdBefore);
  }

  readonly repository: ReviewRepository = {
    subject: (workspaceId, analysisId) => Promise.resolve(this.subjects.find((one) => one.workspaceId === workspaceId && one.analysisId === analysisId) ?? null),
    analysisOfSegment: (workspaceId, segmentId) => Promise.resolve(this.subjects.find((one) => one.workspaceId === workspaceId && one.segments.some((segment) => segment.segmentId === segmentId))?.analysisId ?? null),
    lockRecording: (_tx, workspaceId, recordingId) => Promise.resolve(this.subjects.some((one) => one.workspaceId === workspaceId && one.recordingId === recordingId)),
    insert: (_tx, items) => {
      const isNew = new Set<string>();
      for (const item of items) {
        const subjectId = item.segmentId ?? item.analysisId;
        if ([...this.items.values()].some((other) => (other.segmentId ?? other.analysisId) === subjectId)) continue;
        this.made += 1;
        this.items.set(item.id, { ...item, status: 'PENDING', wasShown: false, answerCount: 0, label: null, isDisputed: false, dismissReason: null, settledBy: null, settledAt: null, createdAt: new Date(1_700_000_000_000 + this.made), claims: [], decisions: [] });
        isNew.add(item.id);
      }
      return Promise.resolve(isNew);
    },
    findForUpdate: (_tx, workspaceId, id) => this.repository.findById(workspaceId, id),
    findOfSubject: (_tx, workspaceId, subjectId) => Promise.resolve(this.of(workspaceId).find((item) => (item.segmentId ?? item.analysisId) === subjectId) ?? null),
    setState: (_tx, id, state) => this.change(id, state),
    putClaim: (_tx, _workspaceId, claim) => this.change(claim.reviewId, { claims: [...this.items.get(claim.reviewId)!.claims.filter(({ keyId }) => keyId !== claim.keyId), claim] }),
    deleteClaims: async (_tx, reviewId, keyId) => {
      const { claims } = this.items.get(reviewId)!;
      const kept = claims.filter((claim) => keyId !== null && claim.keyId !== keyId);
      await this.change(reviewId, { claims: kept });
      return claims.length - kept.length;
    },
    expireClaims: async (now, most) => {
      const ended = [...this.items.values()].flatMap(({ id, workspaceId, claims }) => claims.filter(({ expiresAt }) => expiresAt <= now).map((claim) => ({ claim, workspaceId, reviewId: id }))).slice(0, most);
      for (const { claim, reviewId } of ended) await this.change(reviewId, { claims: this.items.get(reviewId)!.claims.filter((one) => one !== claim) });
      return ended.map(({ workspaceId, reviewId }) => ({ workspaceId, reviewId }));
    },
    countExpiredClaims: (now) => Promise.resolve([...this.items.values()].flatMap(({ claims }) => claims).filter(({ expiresAt }) => expiresAt <= now).length),
    insertDecision: (_tx, _workspaceId, decision) => this.change(decision.reviewId, { decisions: [...this.items.get(decision.reviewId)!.decisions, decision] }),
    undoDecision: (_tx, id, at, by) => {
      const item = [...this.items.values()].find(({ decisions }) => decisions.some((decision) => decision.id === id))!;
      return this.change(item.id, { decisions: item.decisions.map((decision) => (decision.id === id ? { ...decision, undoneAt: at, undoneBy: by } : decision)) });
    },
    findById: (workspaceId, id) => Promise.resolve(this.of(workspaceId).find((item) => item.id === id) ?? null),
    forAnalyses: (workspaceId, ids) => Promise.resolve(this.of(workspaceId).filter((item) => ids.includes(item.analysisId)).sort((a, b) => (a.analysisId === b.analysisId ? a.startSeconds - b.startSeconds : a.analysisId < b.analysisId ? -1 : 1))),
    list: (workspaceId, page, filter, onlooker) => {
      const all = this.of(workspaceId).filter((item) => this.matches(item, filter, onlooker)).sort(byPriority);
      const from = page.after === null ? 0 : all.findIndex(({ id }) => id === page.after) + 1;
      if (page.after !== null && from === 0) return Promise.reject(new UndertoneError('BAD_CURSOR', '`after` is not a cursor of this list.'));
      const items = all.slice(from, from + page.first);
      return Promise.resolve({ items, cursors: items.map(({ id }) => id), hasNextPage: from + page.first < all.length, totalCount: all.length });
    },
    nextFree: (workspaceId, filter, onlooker, first) => {
      const { keyId, now } = onlooker;
      const mine = (item: ReviewItemRecord): number => Number(item.assigneeKeyIds.includes(keyId));
      return Promise.resolve(this.of(workspaceId).filter((item) => this.matches(item, filter, onlooker) && this.isClaimable(item, onlooker) && !item.claims.some((claim) => claim.keyId === keyId && claim.expiresAt > now))
        .sort((a, b) => mine(b) - mine(a) || byPriority(a, b)).slice(0, first).map(({ id }) => id));
    },
    settled: (workspaceId, { after: from, before }, after, first) => {
      const key = ({ settledAt, id }: { readonly settledAt: Date | null; readonly id: string }): string => `${settledAt!.toISOString()} ${id}`;
      return Promise.resolve(this.of(workspaceId).filter(({ settledAt }) => settledAt !== null && (from === null || settledAt >= from) && (before === null || settledAt < before))
        .filter((item) => after === null || key(item) > key(after)).sort((a, b) => (key(a) < key(b) ? -1 : 1)).slice(0, first));
    },
    segmentLabels: (workspaceId, ids) => Promise.resolve(new Map(this.of(workspaceId).filter(({ status, segmentId, analysisId, label }) => status === 'RESOLVED' && segmentId !== null && label !== null && ids.includes(analysisId)).map(({ segmentId, label }) => [segmentId!, label!]))),
    recordingLabels: (workspaceId, { after, before }) => {
      const isWhole = ({ segmentId, analysisId }: ReviewItemRecord): boolean => segmentId === null || this.subjects.find((one) => one.analysisId === analysisId)!.segments.filter(({ label }) => label !== null).length === 1;
      const newest = new Map<string, ReviewItemRecord>();
      for (const item of this.of(workspaceId).filter((one) => one.status === 'RESOLVED' && one.label !== null && isWhole(one)).sort((a, b) => a.settledAt!.getTime() - b.settledAt!.getTime())) {
        if ((after === null || item.settledAt! >= after) && (before === null || item.settledAt! < before)) newest.set(item.recordingId, item);
      }
      return Promise.resolve([...newest.values()].sort((a, b) => (a.recordingId < b.recordingId ? -1 : 1)).map(({ recordingId, label, decisions }) => ({ recordingId, label: label!, votes: Object.fromEntries(votesOf(answersOf(decisions))) })));
    },
    policy: (workspaceId) => Promise.resolve(this.policies.get(workspaceId) ?? null),
    savePolicy: (_tx, workspaceId, policy) => Promise.resolve(void this.policies.set(workspaceId, policy)),
  };
}
