import type { Database, Transaction } from '../../src/db/database.js';
import type { Fact } from '../../src/domain/events.js';
import type { ApiKeyRecord } from '../../src/domain/records.js';
import type { Judged, ReviewSubject } from '../../src/domain/review-policy.js';
import type { AuditEntry } from '../../src/services/audit.js';
import { createEventBus } from '../../src/services/event-bus.js';
import { createReviewFigures } from '../../src/services/review-figures.service.js';
import { createReviewIntake, type Contradictions } from '../../src/services/review-intake.js';
import { createReviewService } from '../../src/services/review.service.js';
import { MemoryReviews } from './memory-reviews.js';

export const REVIEW_LABELS = ['angry', 'happy', 'neutral', 'sad'];

export function judged(segmentId: string | null, changes: Partial<Judged> = {}): Judged {
  return { segmentId, index: segmentId === null ? null : Number(/\d+$/.exec(segmentId)?.[0] ?? 0), startSeconds: 0, endSeconds: 2, label: 'happy', confidence: 0.8, abstained: false, agreement: null, ...changes };
}

export function reviewSubject(segments: readonly Judged[], changes: Partial<ReviewSubject> = {}): ReviewSubject {
  return { workspaceId: 'ws_1', recordingId: 'rec_1', analysisId: 'ana_1', labels: REVIEW_LABELS, whole: judged(null, { endSeconds: 60 }), segments, ...changes };
}

/** The real service over maps. `clock` is the time; `keys` are those that may be assigned to. */
export function fakeReviews(options: { readonly contradictions?: Contradictions } = {}) {
  const memory = new MemoryReviews();
  const clock = { now: new Date('2026-01-01T10:00:00Z') };
  const audited: (AuditEntry & { readonly by: string })[] = [];
  const facts: Fact[] = [];
  const keys = new Map<string, ApiKeyRecord>();
  const database = { transaction: memory.transaction } as unknown as Database;
  const events = createEventBus((error) => { throw error as Error; });
  const now = (): Date => clock.now;
  const intake = createReviewIntake({ database, reviews: memory.repository, contradictions: options.contradictions ?? null, events, now });
  const service = createReviewService({
    database, intake, now, events, reviews: memory.repository,
    keys: { findById: (workspaceId, id) => Promise.resolve(keys.get(id)?.workspaceId === workspaceId ? keys.get(id)! : null) },
    audit: { record: (_tx: Transaction, actor, entry) => Promise.resolve(void audited.push({ ...entry, by: actor.keyName })) },
    facts: { put: () => Promise.resolve(), announce: (fact) => void facts.push(fact) },
  });
  const pass = (minutes: number): void => { clock.now = new Date(clock.now.getTime() + minutes * 60_000); };
  return { memory, service, figures: createReviewFigures(memory.repository), intake, audited, facts, events, keys, pass };
}
