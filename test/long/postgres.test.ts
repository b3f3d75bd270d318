import { describeRepositories } from '../db/repositories.contract.js';
import { describeJobQueue } from '../queue/job-queue.contract.js';
import { openServerTestDatabase } from '../support/test-database.js';
import { needsServer } from './needs-server.js';
import { describeAudit } from '../services/audit.contract.js';
import { describeWebhooks } from '../services/webhooks.contract.js';

/** The conditions of the repositories themselves: behind the wall of the database a missing one would not show. */
const url = needsServer();
describeRepositories('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url, { as: 'superuser' }));
describeJobQueue('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url, { as: 'superuser' }));
describeAudit('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url, { as: 'superuser' }));
describeWebhooks('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url, { as: 'superuser' }));
