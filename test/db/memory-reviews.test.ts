import { describe } from 'vitest';
import { judged, reviewSubject } from '../support/fake-reviews.js';
import { MemoryReviews } from '../support/memory-reviews.js';
import { reviewCases } from './review-repository.contract.js';

describe('the review repository in memory', () => {
  reviewCases(() => {
    const memory = new MemoryReviews();
    memory.subjects.push(reviewSubject([judged('seg_1'), judged('seg_2', { startSeconds: 2 }), judged('seg_3', { startSeconds: 4 })]));
    return Promise.resolve({ reviews: memory.repository, workspaceId: 'ws_1', analysisId: 'ana_1', transaction: memory.transaction, dispose: () => Promise.resolve() });
  });
});
