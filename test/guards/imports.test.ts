import { describe, expect, it } from 'vitest';
import { filesUnder, importsOf } from '../support/source-files.js';

/** Which rooms each room may import from. `type`: contracts only, nothing that runs. The room itself is always allowed. */
const ROOMS: Readonly<Record<string, { readonly from: readonly string[]; readonly type?: readonly string[] }>> = {
  domain: { from: [] },
  audio: { from: ['domain'] },
  inference: { from: ['domain'] },
  plugins: { from: ['domain'] },
  db: { from: ['domain'] },
  storage: { from: ['domain'] },
  queue: { from: ['domain'], type: ['db'] },
  telemetry: { from: ['domain'] },
  outbound: { from: ['domain'] },
  services: { from: ['domain', 'audio', 'inference', 'plugins', 'db', 'queue', 'storage', 'outbound'] },
  jobs: { from: ['services', 'domain'], type: ['queue'] },
  cron: { from: ['services', 'domain'] },
  resolvers: { from: ['services', 'domain'] },
  http: { from: ['services', 'domain'] },
  cli: { from: ['services', 'domain'] },
};

/** Files beside the rooms put everything together; nobody imports them but each other. */
const TOP = '(top)';

function roomOf(path: string): string {
  const parts = path.split('/');
  if (parts[0] === 'cron') return 'cron';
  return parts.length === 2 ? TOP : parts[1]!;
}

function violation(from: string, to: string, isTypeOnly: boolean): boolean {
  if (from === TOP || from === to) return false;
  const rule = ROOMS[from]!;
  return !rule.from.includes(to) && !(isTypeOnly && rule.type?.includes(to) === true);
}

const sources = filesUnder(['src', 'cron'], ['.ts']);

describe('imports', () => {
  it('find every room in the table, so that a new folder needs a decision', () => {
    expect([...new Set(sources.map(roomOf))].filter((room) => room !== TOP && !(room in ROOMS))).toEqual([]);
  });

  it('run downwards only, and adapters never import each other', () => {
    const upward = sources.flatMap((path) => importsOf(path)
      .filter(({ target, isTypeOnly }) => /^(src|cron)\//.test(target) && violation(roomOf(path), roomOf(target), isTypeOnly))
      .map(({ target }) => `${path} → ${target}`));
    expect(upward).toEqual([]);
  });

  it('would be caught: the table refuses an upward, a sideways and a type-only import that it does not name', () => {
    const found = importsOf('src/domain/x.ts', "import { a } from '../services/a.js';\nexport type { B } from '../db/b.js';\nconst c = await import('../http/c.js');");
    expect(found.map(({ target, isTypeOnly }) => violation('domain', roomOf(target), isTypeOnly))).toEqual([true, true, true]);
    expect(violation('audio', 'storage', true)).toBe(true);
    expect(violation('queue', 'db', true)).toBe(false);
    expect(violation('queue', 'db', false)).toBe(true);
  });

  it.each([
    ['onnxruntime-node', /^src\/inference\//],
    ['onnx-proto', /^src\/inference\//],
    ['@prisma/client', /^src\/db\//],
    ['@prisma/adapter-pg', /^src\/db\//],
    ['@electric-sql/pglite', /^src\/db\//],
    ['@electric-sql/pglite-socket', /^src\/db\//],
    ['pg-boss', /^src\/queue\//],
    ['type-graphql', /^src\/(resolvers|plugins|http)\//],
    ['fastify', /^src\/http\//],
    ['@aws-sdk/client-s3', /^src\/storage\//],
    ['@opentelemetry/api', /^src\/telemetry\//],
    ['@opentelemetry/sdk-trace-node', /^src\/telemetry\//],
    ['commander', /^src\/cli\//],
    ['nodemailer', /^src\/outbound\//],
  ] as const)('of %s stay in one room', (name, room) => {
    expect(sources.filter((path) => !room.test(path) && importsOf(path).some(({ target, isTypeOnly }) => target === name && !isTypeOnly))).toEqual([]);
  });

  it('of fluent-ffmpeg are in one file of src/audio', () => {
    const users = sources.filter((path) => importsOf(path).some(({ target }) => target === 'fluent-ffmpeg'));
    expect(users.length).toBeLessThanOrEqual(1);
    expect(users.filter((path) => !path.startsWith('src/audio/'))).toEqual([]);
  });
});
