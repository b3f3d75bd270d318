import { describeNotices } from '../services/notice-board.contract.js';
import { describeScheduledNotices } from '../services/scheduled-notices.contract.js';
import { openServerTestDatabase } from '../support/test-database.js';
import { needsServer } from './needs-server.js';

const url = needsServer();
describeNotices('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url, { as: 'superuser' }));
describeScheduledNotices('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url, { as: 'superuser' }));
