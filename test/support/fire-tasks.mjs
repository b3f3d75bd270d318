// A node of a fleet on the database at argv[2]: fires a task every second for the same few minutes as its neighbours, and prints each firing that it got.
import { createScheduler } from '../../dist/cron/scheduler.js';
import { openDatabase } from '../../dist/src/db/open-database.js';
import { createTaskRunRepository } from '../../dist/src/db/task-run.repository.js';

const db = await openDatabase({ url: process.argv[2], dataDir: process.argv[3], log: { info: () => undefined, error: () => undefined } });
const task = { id: 'trial', schedule: '* * * * * *', timeZone: 'UTC', timeoutMs: 1000, run: ({ log }) => { log('ran', { count: 1 }); return Promise.resolve(); } };
const runs = createTaskRunRepository(db, 'ws_default');
const claims = { ...runs, claim: async (run) => { const mine = await runs.claim(run); process.stdout.write(`${mine ? 'ran' : 'left'} ${run.firingAt.toISOString()}\n`); return mine; } };
const scheduler = createScheduler([task], { runs: claims, node: `node-${process.pid}`, log: () => undefined, onRun: () => undefined });
scheduler.start();
process.stdin.resume();
process.stdin.on('end', () => void scheduler.stop().then(() => db.close()));
