// Opens the database in the folder argv[2], or at the URL argv[3] where there is one, puts a job in its queue and works on it until it is killed.
import { openDatabase } from '../../dist/src/db/open-database.js';
import { createBossQueue } from '../../dist/src/queue/boss-queue.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const db = await openDatabase({ dataDir: process.argv[2], url: process.argv[3], log });
const queue = createBossQueue({ connectionString: db.connectionString, reclaimActive: db.embedded, log });
await queue.start();
await db.transaction((tx) => queue.enqueue(tx, 'analyze-recording', { analysisId: 'ana_1' }, { priority: 'bulk', key: 'ana_1' }));
await queue.work('analyze-recording', { concurrency: 1 }, () => {
  process.stdout.write('working\n');
  return new Promise(() => undefined);
});
