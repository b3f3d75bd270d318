// `npm run bench [-- NAME…]`: set-up, then each benchmark of bench/ (or those named) in a process of its own.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT } from './setup-run.mjs';
import { setUpOrExit } from './setup.mjs';
import { runVisibly } from './suites.mjs';

await setUpOrExit();
const folder = join(ROOT, 'bench');
const all = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.bench.mjs')).map((name) => name.replace('.bench.mjs', '')) : [];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length > 0 || wanted.length === 0) {
  process.stderr.write(`No benchmark ${unknown.join(', ') || 'found'}. There are: ${all.join(', ') || 'none'}.\n`);
  process.exit(2);
}
let failedCount = 0;
for (const name of wanted) if ((await runVisibly(process.execPath, [join(folder, `${name}.bench.mjs`)])) !== 0) failedCount += 1;
process.exitCode = failedCount === 0 ? 0 : 1;
