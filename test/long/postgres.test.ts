import { describeRepositories } from '../db/repositories.contract.js';
import { describeJobQueue } from '../queue/job-queue.contract.js';
import { openServerTestDatabase } from '../support/test-database.js';
import { needsServer } from './needs-server.js';
import { describeAudit } from '../services/audit.contract.js';
import { describeWebhooks } from '../services/webhooks.contract.js';

const url = needsServer();
describeRepositories('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url));
describeJobQueue('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url));
describeAudit('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url));
describeWebhooks('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url));
