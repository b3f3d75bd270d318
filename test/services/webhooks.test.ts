import { openEmbeddedTestDatabase } from '../support/test-database.js';
import { describeWebhooks } from './webhooks.contract.js';

describeWebhooks('the embedded database', openEmbeddedTestDatabase);
