// `npm test [-- vitest arguments]`: set-up, build and the main suite; ends with `N passed, N failed`.
import process from 'node:process';
import { setUpOrExit } from './setup.mjs';
import { conclude, vitest } from './suites.mjs';

await setUpOrExit();
process.exitCode = conclude([await vitest('main', { args: process.argv.slice(2) })]);
