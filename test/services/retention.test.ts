import { openEmbeddedTestDatabase } from '../support/test-database.js';
import { retentionSuite } from './retention.contract.js';

retentionSuite('the embedded database', openEmbeddedTestDatabase);
