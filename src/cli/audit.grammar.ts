import { Option, type Command } from 'commander';
import { anyDate, jsonOption, wholeNumber } from './argument-parsers.js';
import { listAudit, pruneAudit, verifyAudit } from './audit.command.js';
import { run, type ProgramContext } from './program.js';

export function addAudit(program: Command, context: ProgramContext): void {
  interface Common { json?: true; workspace?: string }
  interface Listed extends Common { first: number; action?: string; actor?: string; kind?: string; subject?: string; from?: Date; to?: Date }
  const commonOf = ({ json, workspace }: Common): { readonly json: boolean; readonly workspaceId: string | null } => ({ json: json ?? false, workspaceId: workspace ?? null });
  const workspace = (): Option => new Option('--workspace <id>', 'the workspace whose log it is (default: the first one)');
  const audit = program.command('audit').description('who did what: read the log, check its chain, forget what is old');
  audit.command('list').description('the newest events').addOption(new Option('--first <count>', 'how many').argParser(wholeNumber(1, 10_000)).default(50))
    .option('--action <name>', 'only this act, such as recording.deleted').option('--actor <id>', 'only by this key').option('--kind <kind>', 'only of this kind of object, such as recording').option('--subject <id>', 'only of this object')
    .addOption(new Option('--from <date>', 'from this time on').argParser(anyDate)).addOption(new Option('--to <date>', 'before this time').argParser(anyDate)).addOption(workspace()).addOption(jsonOption())
    .action(run(context, ({ runtime, terminal }, { first, action, actor, kind, subject, from, to, ...options }: Listed) => listAudit(runtime, terminal, {
      ...commonOf(options), first,
      filter: { ...(action === undefined ? {} : { action }), ...(actor === undefined ? {} : { actorKeyId: actor }), ...(kind === undefined ? {} : { subjectKind: kind }), ...(subject === undefined ? {} : { subjectId: subject }), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
    })));
  audit.command('verify').description('read the whole chain; exit code 1 and the number of the event where it breaks').addOption(workspace()).addOption(jsonOption())
    .action(run(context, ({ runtime, terminal }, options: Common) => verifyAudit(runtime, terminal, commonOf(options))));
  audit.command('prune').description('forget events from before a time; what is left stays verifiable').addOption(new Option('--before <date>', 'everything from this time on is kept').argParser(anyDate).makeOptionMandatory()).option('--dry-run', 'only say how many').addOption(workspace()).addOption(jsonOption())
    .action(run(context, ({ runtime, terminal }, options: Common & { before: Date; dryRun?: true }) => pruneAudit(runtime, terminal, { ...commonOf(options), before: options.before, isDryRun: options.dryRun ?? false })));
}
