// Opens the database in argv[2] and inserts rows one by one, printing the number of each after it is acknowledged,
// until it is killed. Plain JavaScript on the built code, because it must run in a process of its own.
import { openDatabase } from '../../dist/src/db/open-database.js';

const log = { info: () => undefined, error: () => undefined };
const db = await openDatabase({ dataDir: process.argv[2], log });
const first = await db.client.workspace.count();
process.stdout.write(`open ${first}\n`);
for (let i = first; ; i++) {
  await db.client.workspace.create({ data: { id: `ws_${i}`, name: 'x'.repeat(i % 500) } });
  process.stdout.write(`${i}\n`);
}
