import type { Database, Transaction } from '../db/database.js';
import type { ApiKeyRepository } from '../db/repositories.js';
import type { ReviewRepository } from '../db/review-repositories.js';
import { digestOf } from '../domain/audit.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import type { EventBus, Fact } from '../domain/events.js';
import { newId } from '../domain/ids.js';
import { roleAllows, type Principal } from '../domain/principal.js';
import { PRIORITY_OF, reason } from '../domain/review-policy.js';
import { activeDecisions, hasAnswered, openSlots, othersAtWork, outcomeOf, type ReviewDecisionRecord, type ReviewItemRecord } from '../domain/review.js';
import type { AuditSink } from './audit.js';
import { eventsOf } from './event-bus.js';
import type { FactOutbox } from './fact-outbox.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { ReviewItemView, ReviewService } from './review-contracts.js';
import { assigneesSchema, enqueueSchema, labelOf, noteSchema, policySchema, reasonSchema, resolveSchema } from './review-inputs.js';
import { newItem, type ReviewIntake } from './review-intake.js';
import { viewOf } from './review-view.js';

export interface ReviewServiceParts {
  readonly database: Pick<Database, 'transaction'>;
  readonly reviews: ReviewRepository;
  readonly intake: ReviewIntake;
  readonly keys: Pick<ApiKeyRepository, 'findById'>;
  readonly audit: AuditSink;
  readonly facts: Pick<FactOutbox, 'put' | 'announce'>;
  readonly events: EventBus;
  readonly now?: () => Date;
}

/** Items that one look for a free one offers; several people who ask at once each lose a few of them to others. */
const OFFERED = 20;
const MAX_LOOKS = 5;

export function createReviewService({ database, reviews, intake, keys, audit, facts, events, now = () => new Date() }: ReviewServiceParts): ReviewService {
  /** Everything that changes an item: under its lock, with what it wrote in the audit log in the same transaction. */
  async function change(principal: Principal, id: string, action: string, work: (tx: Transaction, item: ReviewItemRecord, at: Date) => Promise<{ readonly fact?: Fact | null; readonly why?: string | null; readonly isSilent?: boolean }>): Promise<ReviewItemView> {
    const at = now();
    const { item, fact, isNews } = await database.transaction(async (tx) => {
      const before = await reviews.findForUpdate(tx, principal.workspaceId, id);
      if (before === null) throw notFound('review item', id);
      const { fact = null, why = null, isSilent = false } = await work(tx, before, at);
      if (fact !== null) await facts.put(tx, fact);
      const after = (await reviews.findForUpdate(tx, principal.workspaceId, id))!;
      if (!isSilent) await audit.record(tx, principal, { action, subjectKind: 'review', subjectId: id, reason: why, beforeDigest: itemDigest(before), afterDigest: itemDigest(after) });
      return { item: after, fact, isNews: !isSilent };
    });
    if (fact !== null) facts.announce(fact);
    if (isNews) events.publish({ kind: 'review.queue', workspaceId: principal.workspaceId, reviewId: id });
    return viewOf(item, principal.keyId, at);
  }

  /** What the decisions come to now; a fact where people have just agreed on something. */
  async function settle(tx: Transaction, principal: Principal, item: ReviewItemRecord, decisions: readonly ReviewDecisionRecord[], at: Date): Promise<Fact | null> {
    const outcome = outcomeOf(decisions, item.requiredCount);
    const isSettled = outcome.status === 'RESOLVED';
    const isNews = isSettled && (item.status !== 'RESOLVED' || item.label !== outcome.label);
    await reviews.setState(tx, item.id, {
      ...outcome, dismissReason: null, wasShown: item.wasShown || isSettled,
      ...(isSettled && !isNews ? {} : { settledAt: isSettled ? at : null, settledBy: isSettled ? principal.keyName : null }),
    });
    if (isSettled) await reviews.deleteClaims(tx, item.id, null);
    return isNews ? { kind: 'review.resolved', workspaceId: item.workspaceId, reviewId: item.id, analysisId: item.analysisId } : null;
  }

  async function claim(principal: Principal, id: string): Promise<ReviewItemView> {
    const { claimMinutes } = await intake.policy(principal.workspaceId);
    return change(principal, id, 'review.claimed', async (tx, item, at) => {
      assertFree(item, principal, at);
      const mine = item.claims.find((one) => one.keyId === principal.keyId && one.expiresAt > at);
      await reviews.putClaim(tx, item.workspaceId, { reviewId: id, keyId: principal.keyId, keyName: principal.keyName, claimedAt: mine?.claimedAt ?? at, expiresAt: new Date(at.getTime() + claimMinutes * 60_000) });
      return { isSilent: mine !== undefined };
    });
  }

  async function decide(tx: Transaction, principal: Principal, item: ReviewItemRecord, at: Date, given: Pick<ReviewDecisionRecord, 'kind' | 'label' | 'isFreeLabel' | 'isFinal' | 'note'> & { readonly spentSeconds: number | undefined }): Promise<Fact | null> {
    const claimedAt = item.claims.find(({ keyId, expiresAt }) => keyId === principal.keyId && expiresAt > at)?.claimedAt;
    const decision: ReviewDecisionRecord = {
      ...given, id: newId('reviewDecision'), reviewId: item.id, keyId: principal.keyId, keyName: principal.keyName,
      sawModelAnswer: !item.isBlind || item.wasShown || item.decisions.some(({ keyId, kind }) => keyId === principal.keyId && kind === 'ANSWER'),
      spentSeconds: given.spentSeconds ?? (claimedAt === undefined ? null : (at.getTime() - claimedAt.getTime()) / 1000), createdAt: at, undoneAt: null, undoneBy: null,
    };
    await reviews.insertDecision(tx, item.workspaceId, decision);
    await reviews.deleteClaims(tx, item.id, principal.keyId);
    return settle(tx, principal, item, [...item.decisions, decision], at);
  }

  return {
    async queue(principal, page, filter) {
      requireScope(principal, 'reviews:read');
      const at = now();
      const found = await reviews.list(principal.workspaceId, page, filter, { keyId: principal.keyId, now: at });
      return { ...found, items: found.items.map((item) => viewOf(item, principal.keyId, at)) };
    },
    async find(principal, id) {
      requireScope(principal, 'reviews:read');
      const item = await reviews.findById(principal.workspaceId, id);
      return item && viewOf(item, principal.keyId, now());
    },
    async *changes(principal, signal) {
      requireScope(principal, 'reviews:read');
      const { workspaceId, keyId } = principal;
      const several = { reviewId: null };
      const taken = eventsOf(events, (event) => {
        if (event.kind === 'review.queue') return event.workspaceId === workspaceId ? event : null;
        // Its items went with it.
        return event.kind === 'recording.deleted' && event.workspaceId === workspaceId ? several : null;
      }, signal, () => several);
      for await (const { reviewId } of taken) {
        const at = now();
        const item = reviewId === null ? null : await reviews.findById(workspaceId, reviewId);
        const { totalCount } = await reviews.list(workspaceId, { first: 1, after: null }, {}, { keyId, now: at });
        yield { item: item && viewOf(item, keyId, at), pendingCount: totalCount };
      }
    },
    async forAnalyses(principal, analysisIds) {
      requireScope(principal, 'reviews:read');
      return (await reviews.forAnalyses(principal.workspaceId, analysisIds)).map((item) => viewOf(item, principal.keyId, now()));
    },

    async enqueue(principal, input) {
      requireScope(principal, 'reviews:write');
      const { analysisId, segmentId, note, priority = PRIORITY_OF.BY_HAND, assigneeKeyIds, requiredCount, isBlind } = parseWith(enqueueSchema, input);
      const { workspaceId } = principal;
      if (assigneeKeyIds !== undefined) await assertKeys(workspaceId, assigneeKeyIds);
      const ofAnalysis = analysisId ?? (await reviews.analysisOfSegment(workspaceId, segmentId!));
      const subject = ofAnalysis === null ? null : await reviews.subject(workspaceId, ofAnalysis);
      const judged = segmentId === null ? subject?.whole : subject?.segments.find((one) => one.segmentId === segmentId);
      if (subject === null || judged === undefined) throw notFound(segmentId === null ? 'finished analysis' : 'segment of a finished analysis', (analysisId ?? segmentId)!);
      const policy = await intake.policy(workspaceId);
      const at = now();
      const because = reason('BY_HAND', at, note ?? 'Sent by hand.');
      const fresh = { ...newItem(subject, judged, { isBlind: isBlind ?? policy.isBlind, requiredCount: requiredCount ?? policy.requiredCount }, [because], priority), assigneeKeyIds: assigneeKeyIds ?? [] };
      const enqueued = await database.transaction(async (tx) => {
        if (!(await reviews.lockRecording(tx, workspaceId, subject.recordingId))) throw notFound('finished analysis', subject.analysisId);
        await intake.propose(tx, [fresh]);
        const item = (await reviews.findOfSubject(tx, workspaceId, segmentId ?? subject.analysisId))!;
        if (item.id !== fresh.id) {
          const required = Math.max(item.requiredCount, requiredCount ?? 0);
          const reopens = item.status === 'DISMISSED' || (item.status === 'RESOLVED' && item.answerCount < required);
          await reviews.setState(tx, item.id, {
            requiredCount: required, priority: Math.max(item.priority, priority), isBlind: isBlind ?? item.isBlind, ...(assigneeKeyIds === undefined ? {} : { assigneeKeyIds }),
            ...(reopens ? { status: 'PENDING', label: null, dismissReason: null, settledAt: null, settledBy: null, wasShown: true } : {}),
          });
        }
        await audit.record(tx, principal, { action: 'review.enqueued', subjectKind: 'review', subjectId: item.id });
        return viewOf((await reviews.findForUpdate(tx, workspaceId, item.id))!, principal.keyId, at);
      });
      events.publish({ kind: 'review.queue', workspaceId, reviewId: enqueued.id });
      return enqueued;
    },

    async claim(principal, id) {
      requireScope(principal, 'reviews:write');
      return claim(principal, id);
    },

    async claimNext(principal, filter) {
      requireScope(principal, 'reviews:write');
      for (let look = 0; look < MAX_LOOKS; look++) {
        const offered = await reviews.nextFree(principal.workspaceId, filter, { keyId: principal.keyId, now: now() }, OFFERED);
        if (offered.length === 0) return null;
        for (const id of offered) {
          try {
            return await claim(principal, id);
          } catch (error) {
            // Somebody was faster: the next one is as good.
            if (!(error instanceof UndertoneError) || (error.code !== 'CONFLICT' && error.code !== 'NOT_FOUND')) throw error;
          }
        }
      }
      return null;
    },

    async release(principal, id, keyId) {
      requireScope(principal, keyId === null || keyId === principal.keyId ? 'reviews:write' : 'reviews:admin');
      return change(principal, id, 'review.released', async (tx) => ({ isSilent: (await reviews.deleteClaims(tx, id, keyId ?? principal.keyId)) === 0 }));
    },

    async assign(principal, id, given) {
      requireScope(principal, 'reviews:write');
      const { keyIds } = parseWith(assigneesSchema, { keyIds: given });
      await assertKeys(principal.workspaceId, keyIds);
      return change(principal, id, 'review.assigned', async (tx, item) => {
        assertPending(item);
        await reviews.setState(tx, id, { assigneeKeyIds: keyIds });
        for (const { keyId } of item.claims) if (keyIds.length > 0 && !keyIds.includes(keyId)) await reviews.deleteClaims(tx, id, keyId);
        return {};
      });
    },

    async resolve(principal, input) {
      requireScope(principal, 'reviews:write');
      const { id, label, freeLabel, note, spentSeconds, isFinal } = parseWith(resolveSchema, input);
      if (isFinal) requireScope(principal, 'reviews:admin');
      return change(principal, id, 'review.answered', async (tx, item, at) => {
        if (isFinal) assertUnanswered(item, principal);
        else assertFree(item, principal, at);
        return { fact: await decide(tx, principal, item, at, { kind: 'ANSWER', ...labelOf({ label, freeLabel }, item.labels), isFinal, note, spentSeconds }) };
      });
    },

    async skip(principal, id, given) {
      requireScope(principal, 'reviews:write');
      const { note } = parseWith(noteSchema, { note: given });
      return change(principal, id, 'review.skipped', async (tx, item, at) => {
        assertUnanswered(item, principal);
        await decide(tx, principal, item, at, { kind: 'SKIP', label: null, isFreeLabel: false, isFinal: false, note, spentSeconds: undefined });
        return {};
      });
    },

    async dismiss(principal, id, given) {
      requireScope(principal, 'reviews:write');
      const { reason: why } = parseWith(reasonSchema, { reason: given });
      return change(principal, id, 'review.dismissed', async (tx, item, at) => {
        assertPending(item);
        await reviews.deleteClaims(tx, id, null);
        await reviews.setState(tx, id, { status: 'DISMISSED', dismissReason: why, settledAt: at, settledBy: principal.keyName, wasShown: true });
        return { why };
      });
    },

    async undo(principal, id, decisionId) {
      requireScope(principal, 'reviews:write');
      return change(principal, id, 'review.undone', async (tx, item, at) => {
        if (decisionId === null && item.status === 'DISMISSED') return { fact: await settle(tx, principal, item, item.decisions, at) };
        const active = activeDecisions(item.decisions);
        const undone = decisionId === null ? active.findLast(({ keyId }) => keyId === principal.keyId) : active.find((decision) => decision.id === decisionId);
        if (undone === undefined) throw new UndertoneError('CONFLICT', decisionId === null ? `You have said nothing of the review item ${id} that could be taken back.` : `The review item ${id} has no such decision in force.`);
        if (undone.keyId !== principal.keyId) requireScope(principal, 'reviews:admin');
        await reviews.undoDecision(tx, undone.id, at, principal.keyName);
        if (item.status === 'DISMISSED') return {};
        return { fact: await settle(tx, principal, item, item.decisions.map((decision) => (decision.id === undone.id ? { ...decision, undoneAt: at, undoneBy: principal.keyName } : decision)), at) };
      });
    },

    async policy(principal) {
      requireScope(principal, 'reviews:read');
      return intake.policy(principal.workspaceId);
    },
    async setPolicy(principal, given) {
      requireScope(principal, 'reviews:admin');
      const before = await intake.policy(principal.workspaceId);
      const policy = { ...before, ...parseWith(policySchema, given) };
      await database.transaction(async (tx) => {
        await reviews.savePolicy(tx, principal.workspaceId, policy, principal.keyName, now());
        await audit.record(tx, principal, { action: 'review-policy.set', subjectKind: 'workspace', subjectId: principal.workspaceId, beforeDigest: digestOf(before), afterDigest: digestOf(policy) });
      });
      return policy;
    },
  };

  async function assertKeys(workspaceId: string, keyIds: readonly string[]): Promise<void> {
    for (const keyId of keyIds) {
      // Holders of an issuer's tokens have no row of their own.
      if (keyId.startsWith('oidc_')) continue;
      const key = await keys.findById(workspaceId, keyId);
      if (key === null || key.revokedAt !== null) throw new UndertoneError('BAD_INPUT', `There is no key ${keyId} in force. Assign to ids of \`apiKeys\`.`, { field: 'keyIds' });
      if (!roleAllows(key.role, 'analyst')) throw new UndertoneError('BAD_INPUT', `The key ${keyId} has the role "${key.role}", which cannot review.`, { field: 'keyIds' });
    }
  }

  function assertPending({ id, status }: ReviewItemRecord): void {
    if (status !== 'PENDING') throw new UndertoneError('CONFLICT', `The review item ${id} is ${status} already. Undo that first, where it was wrong.`, { status });
  }

  function assertUnanswered(item: ReviewItemRecord, principal: Principal): void {
    assertPending(item);
    if (hasAnswered(item, principal.keyId)) throw new UndertoneError('CONFLICT', `This key has answered the review item ${item.id} already. Take the answer back with undoReview to give another.`);
  }

  function assertFree(item: ReviewItemRecord, principal: Principal, at: Date): void {
    assertUnanswered(item, principal);
    if (item.assigneeKeyIds.length > 0 && !item.assigneeKeyIds.includes(principal.keyId)) throw new UndertoneError('CONFLICT', `The review item ${item.id} is assigned to somebody else.`);
    const others = othersAtWork(item, principal.keyId, at);
    if (others.length < openSlots(item)) return;
    const until = new Date(Math.min(...others.map(({ expiresAt }) => expiresAt.getTime()))).toISOString();
    throw new UndertoneError('CONFLICT', `Somebody is at work on the review item ${item.id} until ${until}. Take another one.`, { until });
  }
}

/** Of what people have said so far, without saying it. */
function itemDigest({ status, label, assigneeKeyIds, decisions, claims }: ReviewItemRecord): string {
  return digestOf([status, label, assigneeKeyIds, decisions, claims]);
}
