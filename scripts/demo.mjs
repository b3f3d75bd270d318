// `npm run demo [-- FILE… --json]`: set-up, then the whole platform on a free port and a throw-away folder.
import process from 'node:process';
import { ROOT } from './setup-run.mjs';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
const { demoMain } = await import('../dist/src/cli/demo.main.js');
process.exitCode = await demoMain(process.argv.slice(2), { packageRoot: ROOT, environment: process.env });
