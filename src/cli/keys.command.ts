import { UndertoneError } from '../domain/errors.js';
import type { Principal, Role } from '../domain/principal.js';
import type { WorkspaceAdministration } from '../services/service-contracts.js';
import type { CliRuntime } from './cli-runtime.js';
import { formatMasterKey, newMasterKey } from '../domain/envelope.js';
import type { EncryptionStatus } from '../services/encryption.service.js';
import { print, printable, table } from './terminal.js';
import type { Terminal } from './terminal.js';
import { withServices } from './with-services.js';

/** The secret goes to stdout alone, so that it can be piped into a file; it is shown this once and only its hash is kept. */
export async function createKey(runtime: CliRuntime, terminal: Terminal, args: { readonly name: string; readonly role: Role; readonly expiresAt: Date | null; readonly scopes: readonly string[] | null; readonly allowedNetworks: readonly string[] | null; readonly workspaceId: string | null }): Promise<number> {
  return withServices(runtime, async ({ services, operator, workspaces }) => {
    const owner = await ownerOf(operator, workspaces, args.workspaceId);
    const { apiKey, secret } = await services.keys.create(owner, { name: args.name, role: args.role, expiresAt: args.expiresAt, scopes: args.scopes, allowedNetworks: args.allowedNetworks });
    const expiry = apiKey.expiresAt === null ? 'does not expire' : `expires ${apiKey.expiresAt.toISOString()}`;
    await print(terminal.err, `Key ${apiKey.id} “${printable(apiKey.name)}” (${apiKey.role}${apiKey.scopes.length === 0 ? '' : `: ${apiKey.scopes.join(', ')}`}, ${expiry}). It is shown only now:\n`);
    await print(terminal.out, `${secret}\n`);
    return 0;
  });
}

export async function listKeys(runtime: CliRuntime, terminal: Terminal, args: { readonly json: boolean; readonly workspaceId: string | null }): Promise<number> {
  return withServices(runtime, async ({ services, operator, workspaces }) => {
    const keys = await services.keys.list(await ownerOf(operator, workspaces, args.workspaceId));
    if (args.json) await print(terminal.out, keys.map((key) => `${JSON.stringify(key)}\n`).join(''));
    else {
      const day = (date: Date | null): string => date?.toISOString().slice(0, 16).replace('T', ' ') ?? '–';
      const rows = keys.map((key) => [key.id, printable(key.name), key.role, `${key.prefix}…`, day(key.createdAt), day(key.lastUsedAt), day(key.expiresAt), day(key.revokedAt), key.scopes.length === 0 ? 'all of the role' : key.scopes.join(' '), key.allowedNetworks.length === 0 ? 'everywhere' : key.allowedNetworks.join(' ')]);
      await print(terminal.out, table([['id', 'name', 'role', 'begins', 'created', 'last used', 'expires', 'revoked', 'scopes', 'from'], ...rows]));
    }
    return 0;
  });
}

export async function revokeKey(runtime: CliRuntime, terminal: Terminal, args: { readonly id: string; readonly workspaceId: string | null }): Promise<number> {
  return withServices(runtime, async ({ services, operator, workspaces }) => {
    const key = await services.keys.revoke(await ownerOf(operator, workspaces, args.workspaceId), args.id);
    await print(terminal.out, `Revoked ${key.id} “${printable(key.name)}”. Requests with it are refused from now on.\n`);
    return 0;
  });
}

export async function rotateKey(runtime: CliRuntime, terminal: Terminal, args: { readonly id: string; readonly overlapSeconds: number; readonly workspaceId: string | null }): Promise<number> {
  return withServices(runtime, async ({ services, operator, workspaces }) => {
    const { apiKey, secret } = await services.keys.rotate(await ownerOf(operator, workspaces, args.workspaceId), args.id, args.overlapSeconds);
    await print(terminal.err, `Key ${apiKey.id} “${printable(apiKey.name)}” has another secret; the one before works until ${apiKey.previousSecretUntil?.toISOString() ?? 'now'}. It is shown only now:\n`);
    await print(terminal.out, `${secret}\n`);
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

/** The operator within another workspace; NOT_FOUND when there is none of that id. */
export async function ownerOf(operator: Principal, workspaces: WorkspaceAdministration, workspaceId: string | null): Promise<Principal> {
  if (workspaceId === null) return operator;
  const ids = (await workspaces.list()).map(({ id }) => id);
  if (!ids.includes(workspaceId)) throw new UndertoneError('NOT_FOUND', `There is no workspace ${workspaceId.slice(0, 64)}. There are: ${ids.join(', ')}.`, { id: workspaceId.slice(0, 64) });
  return { ...operator, workspaceId };
}
