// `npm run build`: the set-up does it when something has changed; --force does it anyway.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ROOT } from './setup-run.mjs';
import { setUpOrExit } from './setup.mjs';

if (process.argv.includes('--force')) for (const folder of ['dist', 'web/dist', '.setup/stamps.json']) rmSync(join(ROOT, folder), { recursive: true, force: true });
await setUpOrExit();
