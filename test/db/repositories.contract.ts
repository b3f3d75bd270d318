import { describe } from 'vitest';
import type { TestDatabase } from '../support/test-database.js';
import { describeAnalyses } from './analysis-repository.contract.js';
import { describeApiKeys } from './api-key-repository.contract.js';
import { describeEmbeddings } from './embedding-repository.contract.js';
import { describeRecordings } from './recording-repository.contract.js';
import { describeSessions } from './session-repository.contract.js';
import { describeReviews } from './review-repository.contract.js';
import { describeSpeakers } from './speaker-repository.contract.js';

/** What the repositories must do, on any PostgreSQL. */
export function describeRepositories(engine: string, open: () => Promise<TestDatabase>): void {
  describe(`the repositories on ${engine}`, () => {
    describeRecordings(open);
    describeAnalyses(open);
    describeEmbeddings(open);
    describeApiKeys(open);
    describeSpeakers(open);
    describeSessions(open);
    describeReviews(open);
  });
}
