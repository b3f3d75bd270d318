import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secretsOpenToOthers } from '../../src/cli/private-files.js';

let dataDir: string;
beforeEach(async () => { dataDir = await mkdtemp(join(tmpdir(), 'undertone-private-')); });
afterEach(() => rm(dataDir, { recursive: true }));
async function file(name: string, mode: number): Promise<string> {
  const path = join(dataDir, name);
  await writeFile(path, 'secret');
  await chmod(path, mode);
  return path;
}
const none = { keyFile: null, tls: null };

describe('files with secrets', () => {
  it('are told of by what they are when others may read them', async () => {
    const dotEnv = await file('.env', 0o644);
    const keyFile = await file('keys', 0o640);
    const tls = { certPath: await file('cert.pem', 0o644), keyPath: await file('key.pem', 0o644) };
    expect(await secretsOpenToOthers({ dataDir, keyFile, tls }, dotEnv)).toEqual(['.env', 'the file of the encryption keys', 'the file of UNDERTONE_TLS_KEY']);
  });

  it('in the data folder are looked for where no other place is named', async () => {
    await file('encryption.key', 0o604);
    expect(await secretsOpenToOthers({ dataDir, ...none }, join(dataDir, '.env'))).toEqual(['the file of the encryption keys']);
  });

  it('that are private, or given to a group of their own where that is usual, or not there, are no matter', async () => {
    const tls = { certPath: await file('cert.pem', 0o644), keyPath: await file('key.pem', 0o640) };
    await file('encryption.key', 0o600);
    expect(await secretsOpenToOthers({ dataDir, keyFile: null, tls }, await file('.env', 0o600))).toEqual([]);
    expect(await secretsOpenToOthers({ dataDir: join(dataDir, 'none'), ...none }, join(dataDir, 'none', '.env'))).toEqual([]);
  });
});
