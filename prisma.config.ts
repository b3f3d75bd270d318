import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import { defineConfig } from 'prisma/config';

// `prisma generate` asks for the schema engine although it does not run it, and would download it. Any existing file
// satisfies the check; where a real engine is installed, it is left alone so that `prisma migrate` works.
const require = createRequire(import.meta.url);
if (process.env['PRISMA_SCHEMA_ENGINE_BINARY'] === undefined) {
  const engines = dirname(require.resolve('@prisma/engines/package.json'));
  const isThere = readdirSync(engines).some((name) => name.startsWith('schema-engine'));
  if (!isThere && existsSync(process.execPath)) process.env['PRISMA_SCHEMA_ENGINE_BINARY'] = process.execPath;
}

export default defineConfig({
  schema: join('prisma', 'schema.prisma'),
  migrations: { path: join('prisma', 'migrations') },
});
