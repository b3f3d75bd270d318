// Opens the database in argv[2], says so, and holds it until its input ends.
import { openDatabase } from '../../dist/src/db/open-database.js';

const log = { info: () => undefined, error: () => undefined };
const db = await openDatabase({ dataDir: process.argv[2], log });
process.stdout.write('open\n');
process.stdin.resume();
process.stdin.on('end', () => void db.close());
