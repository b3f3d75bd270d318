import { openEmbeddedTestDatabase } from '../support/test-database.js';
import { describeJobQueue } from './job-queue.contract.js';

describeJobQueue('the embedded database', openEmbeddedTestDatabase);
