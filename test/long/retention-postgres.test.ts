import { retentionSuite } from '../services/retention.contract.js';
import { openServerTestDatabase } from '../support/test-database.js';
import { needsServer } from './needs-server.js';

const url = needsServer();
retentionSuite('a PostgreSQL server (TEST_DATABASE_URL)', () => openServerTestDatabase(url, { as: 'superuser' }));
