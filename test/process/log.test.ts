import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** A process of its own: the log writes to stderr's descriptor itself. */
async function logged(script: string): Promise<Record<string, unknown>> {
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', `import { createLog } from './dist/src/log.js'; const log = createLog('info'); ${script}`]);
  return JSON.parse(stderr) as Record<string, unknown>;
}

describe('an error in the log', () => {
  it('has its kind, code, words, place and cause', async () => {
    const { err } = await logged("log.error({ err: Object.assign(new TypeError('outer', { cause: new Error('inner') }), { code: 'E1' }) }, 'failed')");
    expect(err).toMatchObject({ type: 'TypeError', code: 'E1', message: 'outer', cause: { type: 'Error', message: 'inner' } });
    expect((err as { stack: string }).stack).toContain('TypeError: outer');
  });

  it('has nothing of what a driver hangs on it', async () => {
    const { err } = await logged("log.error({ err: Object.assign(new Error('broken'), { client: { user: 'secret-user', host: 'secret-host' } }) }, 'failed')");
    expect(JSON.stringify(err)).not.toContain('secret');
    expect(err).toMatchObject({ message: 'broken' });
  });
});
