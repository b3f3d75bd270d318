// Writes schema.graphql from the compiled resolvers (`npm run build` first). With --check: exit code 1 where it differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const target = fileURLToPath(new URL('../schema.graphql', import.meta.url));
const { printApiSchema } = await import(new URL('../dist/src/resolvers/print-schema.js', import.meta.url).href);
const emitted = printApiSchema();

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== emitted) {
    console.error('schema.graphql is not what the resolvers emit. Run `npm run schema` and commit it.');
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, emitted);
}
