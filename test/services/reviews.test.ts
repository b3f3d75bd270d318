import { openEmbeddedTestDatabase } from '../support/test-database.js';
import { reviewsSuite } from './reviews.contract.js';

reviewsSuite('the embedded database', openEmbeddedTestDatabase);
