// Generated code and the two builds, each only when what it is made from has changed.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { hashOf, packageBin, ROOT, run, say, SetupError } from './setup-run.mjs';

const GENERATED = 'src/db/generated';

export async function generateClient(stamps) {
  const wanted = hashOf(['prisma/schema.prisma', 'prisma.config.ts', 'node_modules/prisma/package.json']);
  if (stamps.generate === wanted && existsSync(join(ROOT, GENERATED, 'client.ts'))) return;
  say('Generating the database client (prisma generate) …');
  await must(packageBin('prisma'), ['generate', '--no-hints'], 'prisma generate failed', { PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' });
  stamps.generate = wanted;
}

export async function buildServer(stamps) {
  const wanted = hashOf(['src', 'cron', 'tsconfig.json', 'tsconfig.build.json', 'tsconfig.plugin-types.json', 'package-lock.json']);
  if (stamps.build === wanted && existsSync(join(ROOT, 'dist/src/cli/main.js'))) return;
  say('Building (tsc) …');
  // With its record in place tsc would not write again what somebody deleted from dist.
  if (!existsSync(join(ROOT, 'dist/src/cli/main.js'))) rmSync(join(ROOT, 'dist/.tsbuildinfo'), { force: true });
  removeOrphans('dist/src', 'src');
  removeOrphans('dist/cron', 'cron');
  await must(packageBin('typescript', 'tsc'), ['-p', 'tsconfig.build.json'], 'The build failed');
  // Authors of plugins who write TypeScript need the contract's types, and nobody else's.
  await must(packageBin('typescript', 'tsc'), ['-p', 'tsconfig.plugin-types.json'], 'The types of the plugin contract could not be written');
  stamps.build = wanted;
}

export async function buildWeb(stamps) {
  if (!existsSync(join(ROOT, 'web', 'index.html'))) return;
  const wanted = hashOf(['web', 'package-lock.json'], (path) => path === 'web/dist' || path.endsWith('/node_modules'));
  if (stamps.web === wanted && existsSync(join(ROOT, 'web/dist/index.html'))) return;
  say('Building the page (vite) …');
  const own = join(ROOT, 'scripts', 'build-web.mjs');
  if (existsSync(own)) await must(own, [], 'The build of the page failed');
  else await must(packageBin('vite'), ['build', 'web', '--logLevel', 'warn'], 'The build of the page failed');
  stamps.web = wanted;
}

async function must(script, args, message, env = {}) {
  const code = await run(process.execPath, [script, ...args], { env });
  if (code !== 0) throw new SetupError(`${message} (exit ${code}; its own words are above).`);
}

/** A module whose source was deleted must not go on living in dist. */
function removeOrphans(builtFolder, sourceFolder) {
  const built = join(ROOT, builtFolder);
  if (!existsSync(built)) return;
  for (const name of readdirSync(built)) {
    const isFolder = statSync(join(built, name)).isDirectory();
    if (isFolder && existsSync(join(ROOT, sourceFolder, name))) removeOrphans(`${builtFolder}/${name}`, `${sourceFolder}/${name}`);
    else if (isFolder || !existsSync(join(ROOT, sourceFolder, name.replace(/\.js(\.map)?$/, '.ts')))) rmSync(join(built, name), { recursive: true });
  }
}
