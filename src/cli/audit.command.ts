import type { AuditFilter } from '../domain/audit.js';
import type { CliRuntime } from './cli-runtime.js';
import { ownerOf } from './keys.command.js';
import { print, printable, table, type Terminal } from './terminal.js';
import { withServices } from './with-services.js';

interface Common {
  readonly json: boolean;
  readonly workspaceId: string | null;
}

/** The newest events that fit, the newest first; with --json one object a line. */
export async function listAudit(runtime: CliRuntime, terminal: Terminal, args: Common & { readonly first: number; readonly filter: AuditFilter }): Promise<number> {
  return withServices(runtime, async ({ services, operator, workspaces }) => {
    const { items } = await services.audit.list(await ownerOf(operator, workspaces, args.workspaceId), { first: args.first, after: null }, args.filter);
    if (args.json) await print(terminal.out, items.map((event) => `${JSON.stringify(event)}\n`).join(''));
    else {
      const rows = items.map(({ sequence, at, actorName, address, action, subjectId, subjectIds, reason }) => [String(sequence), at.toISOString(), printable(actorName), address ?? '–', action, subjectIds.length > 1 ? `${subjectId} and ${subjectIds.length - 1} more` : printable(subjectId), printable(reason ?? '')]);
      await print(terminal.out, table([['event', 'at', 'who', 'from', 'what', 'of', 'why'], ...rows], [0]));
    }
    return 0;
  });
}

/** 1 where the chain breaks; says at which event. */
export async function verifyAudit(runtime: CliRuntime, terminal: Terminal, { json, workspaceId }: Common): Promise<number> {
  return withServices(runtime, async ({ services, operator, workspaces }) => {
    const { checkedCount, brokenAt } = await services.audit.verify(await ownerOf(operator, workspaces, workspaceId));
    if (json) await print(terminal.out, `${JSON.stringify({ ok: brokenAt === null, checkedCount, brokenAt })}\n`);
    else await print(terminal.out, brokenAt === null ? `The chain of ${checkedCount} events holds.\n` : `The chain breaks at event ${brokenAt}: it was changed, or what was there is missing.\n`);
    return brokenAt === null ? 0 : 1;
  });
}

/** Forgets events from before a time; the chain that is left verifies. */
export async function pruneAudit(runtime: CliRuntime, terminal: Terminal, args: Common & { readonly before: Date; readonly isDryRun: boolean }): Promise<number> {
  return withServices(runtime, async ({ services, operator, workspaces }) => {
    const { prunedCount } = await services.audit.prune(await ownerOf(operator, workspaces, args.workspaceId), args.before, { isDryRun: args.isDryRun, signal: terminal.signal });
    if (args.json) await print(terminal.out, `${JSON.stringify({ prunedCount, isDryRun: args.isDryRun })}\n`);
    else await print(terminal.out, args.isDryRun ? `${prunedCount} events would be forgotten.\n` : `${prunedCount} events are forgotten.\n`);
    return 0;
  });
}
