import { formatByteLength } from '../domain/usage.js';
import type { CliRuntime } from './cli-runtime.js';
import { print, printable, table, type Terminal } from './terminal.js';
import { withServices } from './with-services.js';

const quotaText = (bytes: number | null): string => (bytes === null ? 'none' : formatByteLength(bytes));

export async function listWorkspaces(runtime: CliRuntime, terminal: Terminal, args: { readonly json: boolean }): Promise<number> {
  return withServices(runtime, async ({ workspaces }) => {
    const all = await workspaces.list();
    if (args.json) await print(terminal.out, all.map((workspace) => `${JSON.stringify(workspace)}\n`).join(''));
    else await print(terminal.out, table([['id', 'name', 'quota', 'created'], ...all.map(({ id, name, maxStoredBytes, createdAt }) => [id, printable(name), quotaText(maxStoredBytes), createdAt.toISOString().slice(0, 10)])]));
    return 0;
  });
}

export async function createWorkspace(runtime: CliRuntime, terminal: Terminal, args: { readonly name: string; readonly maxStoredBytes: number | null }): Promise<number> {
  return withServices(runtime, async ({ workspaces }) => {
    const { id, name, maxStoredBytes } = await workspaces.create(args);
    await print(terminal.err, `Workspace “${printable(name)}”, quota ${quotaText(maxStoredBytes)}. Its first key: undertone keys create --workspace ${id} --role admin --name NAME\n`);
    await print(terminal.out, `${id}\n`);
    return 0;
  });
}

export async function setWorkspace(runtime: CliRuntime, terminal: Terminal, args: { readonly id: string; readonly maxStoredBytes: number | null }): Promise<number> {
  return withServices(runtime, async ({ workspaces }) => {
    const { id, maxStoredBytes } = await workspaces.setQuota(args.id, args.maxStoredBytes);
    await print(terminal.out, `Workspace ${id} may store ${maxStoredBytes === null ? 'as much as the disk takes' : formatByteLength(maxStoredBytes)}.\n`);
    return 0;
  });
}
