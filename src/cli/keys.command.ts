import type { Role } from '../domain/principal.js';
import type { CliRuntime } from './cli-runtime.js';
import { formatMasterKey, newMasterKey } from '../domain/envelope.js';
import type { EncryptionStatus } from '../services/encryption.service.js';
import { print, printable, table } from './terminal.js';
import type { Terminal } from './terminal.js';
import type { CliServices } from './cli-runtime.js';

/** The secret goes to stdout alone, so that it can be piped into a file; it is shown this once and only its hash is kept. */
export async function createKey(runtime: CliRuntime, terminal: Terminal, args: { readonly name: string; readonly role: Role; readonly expiresAt: Date | null }): Promise<number> {
  return withServices(runtime, async ({ services, operator }) => {
    const { apiKey, secret } = await services.keys.create(operator, args);
    const expiry = apiKey.expiresAt === null ? 'does not expire' : `expires ${apiKey.expiresAt.toISOString()}`;
    await print(terminal.err, `Key ${apiKey.id} “${printable(apiKey.name)}” (${apiKey.role}, ${expiry}). It is shown only now:\n`);
    await print(terminal.out, `${secret}\n`);
    return 0;
  });
}

export async function listKeys(runtime: CliRuntime, terminal: Terminal, args: { readonly json: boolean }): Promise<number> {
  return withServices(runtime, async ({ services, operator }) => {
    const keys = await services.keys.list(operator);
    if (args.json) await print(terminal.out, keys.map((key) => `${JSON.stringify(key)}\n`).join(''));
    else {
      const day = (date: Date | null): string => date?.toISOString().slice(0, 16).replace('T', ' ') ?? '–';
      const rows = keys.map((key) => [key.id, printable(key.name), key.role, `${key.prefix}…`, day(key.createdAt), day(key.lastUsedAt), day(key.expiresAt), day(key.revokedAt)]);
      await print(terminal.out, table([['id', 'name', 'role', 'begins', 'created', 'last used', 'expires', 'revoked'], ...rows]));
    }
    return 0;
  });
}

export async function revokeKey(runtime: CliRuntime, terminal: Terminal, id: string): Promise<number> {
  return withServices(runtime, async ({ services, operator }) => {
    const key = await services.keys.revoke(operator, id);
    await print(terminal.out, `Revoked ${key.id} “${printable(key.name)}”. Requests with it are refused from now on.\n`);
    return 0;
  });
}

/** Which keys stored data is encrypted under, and how much is under each. Never the keys themselves. */
export async function showEncryption(runtime: CliRuntime, terminal: Terminal, args: { readonly json: boolean }): Promise<number> {
  return withServices(runtime, async ({ encryption, operator }) => {
    await printEncryption(terminal, await encryption.status(operator), args.json);
    return 0;
  });
}

export async function rotateEncryption(runtime: CliRuntime, terminal: Terminal, args: { readonly json: boolean }): Promise<number> {
  return withServices(runtime, async ({ encryption, operator }) => {
    const rotated = await encryption.rotate(operator);
    await print(terminal.err, `${rotated.rewrappedCount} keys are wrapped anew. Copy ${rotated.path ?? 'the setting'} to a safe place before you throw an old copy away: old backups of the database need the old keys.\n`);
    await printEncryption(terminal, rotated, args.json);
    return 0;
  });
}

/** To stdout alone; stored nowhere. */
export async function newEncryptionKey(terminal: Terminal): Promise<number> {
  await print(terminal.err, 'Keep it in a safe place: what is encrypted under it is lost without it.\n');
  await print(terminal.out, `${formatMasterKey(newMasterKey())}\n`);
  return 0;
}

async function printEncryption(terminal: Terminal, status: EncryptionStatus, asJson: boolean): Promise<void> {
  if (asJson) return print(terminal.out, `${JSON.stringify(status)}\n`);
  const rows = status.keys.map((key) => [key.id, key.id === status.currentKeyId ? 'current' : key.isConfigured ? 'old' : 'MISSING', String(key.wrappedCount)]);
  await print(terminal.out, `Keys from ${status.path ?? 'UNDERTONE_WORKSPACE_KEY'}\n${table([['key', 'state', 'wraps'], ...rows], [2])}`);
}

export async function withServices(runtime: CliRuntime, work: (opened: CliServices) => Promise<number>): Promise<number> {
  const opened = await runtime.openServices();
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}
