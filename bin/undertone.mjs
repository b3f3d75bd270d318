#!/usr/bin/env node
// ONNX Runtime reports to its vendor unless this is set before it loads.
process.env.ORT_DISABLE_TELEMETRY = '1';

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/src/cli/main.js', import.meta.url);
if (!existsSync(fileURLToPath(built))) {
  process.stderr.write('Undertone is not built yet. Run: npm run setup\n');
  process.exitCode = 1;
} else {
  const { main } = await import(built.href);
  const { composeRuntime } = await import(new URL('../dist/src/compose-runtime.js', import.meta.url).href);
  process.exitCode = await main(process.argv.slice(2), composeRuntime(), { telemetryOff: process.env.ORT_DISABLE_TELEMETRY === '1' });
}
