import { UndertoneError } from '../domain/errors.js';
import { judge } from '../domain/law/judge.js';
import type { Jurisdiction, LegalBasis, Purpose, SpeakerRole } from '../domain/law/purposes.js';
import { formatByteLength, type WorkspaceLaw } from '../domain/usage.js';
import type { LawInput } from '../services/law.service.js';
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

export interface LawOptions {
  readonly purpose?: Purpose;
  readonly jurisdiction?: Jurisdiction;
  readonly legalBasis?: LegalBasis;
  readonly speakerRole?: SpeakerRole;
  readonly lawOverride?: string;
}

export function lawOf({ purpose, jurisdiction, legalBasis, speakerRole, lawOverride }: LawOptions): LawInput {
  const overrideReason = lawOverride === 'none' ? null : lawOverride;
  return Object.fromEntries(Object.entries({ purpose, jurisdiction, legalBasis, speakerRole, overrideReason }).filter(([, value]) => value !== undefined));
}

export async function setWorkspace(runtime: CliRuntime, terminal: Terminal, args: { readonly id: string; readonly maxStoredBytes?: number | null; readonly law: LawInput }): Promise<number> {
  const { id, maxStoredBytes, law } = args;
  const changesLaw = Object.keys(law).length > 0;
  if (maxStoredBytes === undefined && !changesLaw) throw new UndertoneError('BAD_INPUT', 'Say what to change: --quota, --purpose, --jurisdiction, --legal-basis, --speaker-role or --law-override.');
  return withServices(runtime, async ({ workspaces }) => {
    if (maxStoredBytes !== undefined) {
      const { maxStoredBytes: limit } = await workspaces.setQuota(id, maxStoredBytes);
      await print(terminal.out, `Workspace ${id} may store ${limit === null ? 'as much as the disk takes' : formatByteLength(limit)}.\n`);
    }
    if (changesLaw) await print(terminal.out, `Workspace ${id}: ${lawText((await workspaces.setLaw(id, law)).law)}\n`);
    return 0;
  });
}

function lawText(law: WorkspaceLaw): string {
  const { purpose, jurisdiction, legalBasis, speakerRole, overrideReason } = law;
  const stated = `purpose ${purpose ?? 'not stated'}, jurisdiction ${jurisdiction ?? 'not stated'}, legal basis ${legalBasis ?? 'not stated'}, speakers ${speakerRole}.`;
  if (purpose === null || jurisdiction === null) return `${stated} Nothing is checked against the law until purpose and jurisdiction are stated.`;
  const { verdict, article } = judge(purpose, jurisdiction, speakerRole);
  return `${stated} Analyses are ${verdict === 'unknown' ? 'let through: no law of this place is in the table' : verdict}${article === null ? '' : ` (${article})`}${verdict === 'prohibited' && overrideReason !== null ? ', which is put aside' : ''}.`;
}
