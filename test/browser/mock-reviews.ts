import { EventEmitter, on as eventsOf } from 'node:events';
import type { MockSegment } from './mock-answers.js';
import { LABELS } from './mock-answers.js';

interface Found { readonly segment: MockSegment; readonly recordingId: string; readonly analysisId: string }
interface Decision { readonly id: string; readonly kind: string; readonly label: string | null; readonly note: string | null; undoneAt: string | null }
interface Item { readonly id: string; readonly found: Found; readonly isBlind: boolean; readonly createdAt: string; isClaimed: boolean; readonly decisions: Decision[] }
interface Policy { readonly isBlind: boolean; readonly [name: string]: unknown }

const KEY = { keyId: 'key_1', keyName: 'first admin' };

/** A queue of one reviewer in memory; one answer settles an item. */
export class MockReviews {
  readonly #items: Item[] = [];
  #policy: Policy = { unit: 'SEGMENT', lowConfidenceBelow: null, abstained: true, contradictionBelow: 0.2, randomRate: 0.01, maxItemsPerAnalysis: 10, requiredCount: 1, isBlind: false, claimMinutes: 30 };

  readonly #changed = new EventEmitter();

  constructor(private readonly find: (segmentId: string) => Found | undefined) {}

  root() {
    const on = (id: string, change: (item: Item) => void) => {
      const item = this.#items.find((each) => each.id === id);
      if (!item) return { __typename: 'NotFoundProblem', code: 'NOT_FOUND', message: 'There is no such item.', id };
      change(item);
      this.#changed.emit('item', item);
      return shown(item);
    };
    return {
      reviewQueue: ({ first = 20, filter }: { first?: number; filter?: { status?: string } }) => {
        const nodes = this.#items.map(shown).filter(({ status }) => status === (filter?.status ?? 'PENDING'));
        return { nodes: nodes.slice(0, first), edges: [], totalCount: nodes.length, pageInfo: { hasNextPage: false, endCursor: null } };
      },
      reviewItem: ({ id }: { id: string }) => this.#items.filter((item) => item.id === id).map(shown)[0] ?? null,
      reviewPolicy: () => ({ __typename: 'ReviewPolicy', ...this.#policy }),
      setReviewPolicy: ({ input }: { input: Partial<Policy> }) => ({ __typename: 'ReviewPolicy', ...(this.#policy = { ...this.#policy, ...input }) }),
      enqueueReview: ({ input }: { input: { segmentId: string } }) => {
        const found = this.find(input.segmentId);
        if (!found) return { __typename: 'NotFoundProblem', code: 'NOT_FOUND', message: 'There is no such segment.', id: input.segmentId };
        const item: Item = { id: `rev_${this.#items.length + 1}`, found, isBlind: this.#policy.isBlind, createdAt: new Date().toISOString(), isClaimed: false, decisions: [] };
        this.#items.push(item);
        this.#changed.emit('item', item);
        return shown(item);
      },
      claimReview: ({ id }: { id: string }) => on(id, (item) => (item.isClaimed = true)),
      claimNextReview: () => {
        const next = this.#items.find((item) => said(item).length === 0);
        return next ? on(next.id, (item) => (item.isClaimed = true)) : null;
      },
      releaseReview: ({ id }: { id: string }) => on(id, (item) => (item.isClaimed = false)),
      resolveReview: ({ input }: { input: { id: string; label?: string; freeLabel?: string; note?: string } }) => on(input.id, (item) => item.decisions.push({ id: `rvd_${item.decisions.length}`, kind: 'ANSWER', label: input.label ?? input.freeLabel ?? null, note: input.note ?? null, undoneAt: null })),
      skipReview: ({ id }: { id: string }) => on(id, (item) => item.decisions.push({ id: `rvd_${item.decisions.length}`, kind: 'SKIP', label: null, note: null, undoneAt: null })),
      undoReview: ({ id }: { id: string }) => on(id, (item) => (said(item).at(-1)!.undoneAt = new Date().toISOString())),
    };
  }

  async *changes() {
    for await (const [item] of eventsOf(this.#changed, 'item') as AsyncIterable<[Item]>) {
      yield { reviewQueueChanged: { __typename: 'ReviewQueueChange', item: shown(item), pendingCount: this.#items.filter((one) => said(one).length === 0).length } };
    }
  }

  of(segmentId: string) {
    return this.#items.filter(({ found }) => found.segment.id === segmentId).map(shown);
  }
}

function said(item: Item): Decision[] {
  return item.decisions.filter(({ undoneAt }) => undoneAt === null);
}

function shown(item: Item) {
  const { segment, recordingId, analysisId } = item.found;
  const [answer] = said(item).filter(({ kind }) => kind === 'ANSWER');
  const isHidden = item.isBlind && answer === undefined;
  const { label, confidence, abstained } = segment.prediction;
  return {
    __typename: 'ReviewItem', id: item.id, status: answer === undefined ? 'PENDING' : 'RESOLVED', priority: 60, recordingId, analysisId, segmentId: segment.id, startSeconds: segment.startSeconds, endSeconds: segment.endSeconds, labels: LABELS,
    isBlind: item.isBlind, isHidden, reasons: isHidden ? null : [{ kind: 'BY_HAND', message: 'Sent by first admin.', ruleId: null, alertId: null, value: null, limit: null }],
    modelLabel: isHidden ? null : label, modelConfidence: isHidden ? null : confidence, modelAbstained: isHidden ? null : abstained, requiredCount: 1, answerCount: answer === undefined ? 0 : 1, assigneeKeyIds: [],
    claims: item.isClaimed && answer === undefined ? [{ ...KEY, claimedAt: item.createdAt, expiresAt: item.createdAt }] : [], claimedUntil: item.isClaimed && answer === undefined ? item.createdAt : null,
    decisions: item.decisions.map((decision) => ({ ...decision, ...KEY, isFreeLabel: false, isFinal: false, sawModelAnswer: !item.isBlind, spentSeconds: 1, createdAt: item.createdAt, undoneBy: null })),
    label: answer?.label ?? null, agreesWithModel: answer === undefined ? null : answer.label === label, isDisputed: false, dismissReason: null, settledBy: null, settledAt: null, createdAt: item.createdAt, audioUrl: `/audio/${recordingId}`,
  };
}
