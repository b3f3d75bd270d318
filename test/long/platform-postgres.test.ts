import { afterAll } from 'vitest';
import { platformSuite } from '../services/platform.contract.js';
import { openServerTestDatabase, type TestDatabase } from '../support/test-database.js';
import { needsServer } from './needs-server.js';

const url = needsServer();
let opened: TestDatabase | undefined;

platformSuite('the platform on a PostgreSQL server (TEST_DATABASE_URL)', async () => {
  opened = await openServerTestDatabase(url);
  return { DATABASE_URL: opened.db.connectionString };
});
// Registered after the suite's own: the platform has let go of the database by then.
afterAll(async () => { await opened?.dispose(); });
