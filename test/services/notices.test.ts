import { openEmbeddedTestDatabase } from '../support/test-database.js';
import { describeNotices } from './notice-board.contract.js';
import { describeScheduledNotices } from './scheduled-notices.contract.js';

describeNotices('the embedded database', openEmbeddedTestDatabase);
describeScheduledNotices('the embedded database', openEmbeddedTestDatabase);
