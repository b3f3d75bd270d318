// `npm start [-- options of serve]`: set-up, then the server in this process, so that signals reach it directly.
import process from 'node:process';
import { setUpOrExit } from './setup.mjs';

await setUpOrExit();
process.argv.splice(2, 0, 'serve');
await import('../bin/undertone.mjs');
