import type { Command } from 'commander';
import { Option } from 'commander';
import { jsonOption, wholeNumber } from './argument-parsers.js';
import { run, type ProgramContext } from './program.js';
import { exportArchive, previewRetention, printPublicKeys, restoreArchive, runRetention, unpackArchive, verifyArchive } from './retention.command.js';

export function addRetention(program: Command, context: ProgramContext): void {
  interface Json { json?: true }
  const retention = program.command('retention').description('what is kept for how long: preview, run, and archives');
  retention.command('preview').description('what the next run would do').option('--when-short', 'what would go at most while the disk is nearly full').addOption(jsonOption())
    .action(run(context, ({ runtime, terminal }, options: Json & { whenShort?: true }) => previewRetention(runtime, terminal, { json: options.json ?? false, isShort: options.whenShort ?? false })));
  retention.command('run').description('archive and delete what the policies say').option('--dry-run', 'only say what would be done').addOption(new Option('--timeout <seconds>', 'stop after so long; the next run goes on').argParser(wholeNumber(1, 86_400)).default(3600)).addOption(jsonOption())
    .action(run(context, ({ runtime, terminal }, options: Json & { dryRun?: true; timeout: number }) => runRetention(runtime, terminal, { json: options.json ?? false, isDryRun: options.dryRun ?? false, timeoutSeconds: options.timeout })));
  retention.command('verify').description('read an archive and check every digest and the signature; a file needs no database').argument('<archive>', 'id, or a file').option('--public-key <file.pem>', 'whose signature a file must have').addOption(jsonOption())
    .action(run(context, ({ runtime, terminal }, options: Json & { publicKey?: string }, [archive = '']) => verifyArchive(runtime, terminal, { json: options.json ?? false, archive, publicKey: options.publicKey ?? null })));
  retention.command('restore').description('bring back what is missing from an archive').argument('<archive>', 'id').option('--recording <id>', 'only this recording').addOption(jsonOption())
    .action(run(context, ({ runtime, terminal }, options: Json & { recording?: string }, [archive = '']) => restoreArchive(runtime, terminal, { json: options.json ?? false, archive, recording: options.recording ?? null })));
  retention.command('export').description('write an archive to a file').argument('<archive>', 'id').requiredOption('--out <file>', 'where; it must not be there yet')
    .action(run(context, ({ runtime, terminal }, options: { out: string }, [archive = '']) => exportArchive(runtime, terminal, { archive, out: options.out })));
  retention.command('unpack').description('open what is in an archive into plain files; needs the encryption key').argument('<archive>', 'id').requiredOption('--out <folder>', 'where; no file of it may be there yet').option('--recording <id>', 'only this recording').addOption(jsonOption())
    .action(run(context, ({ runtime, terminal }, options: Json & { out: string; recording?: string }, [archive = '']) => unpackArchive(runtime, terminal, { json: options.json ?? false, archive, recording: options.recording ?? null, out: options.out })));
  retention.command('public-key').description('print the public key that archives are signed with').action(run(context, ({ runtime, terminal }) => printPublicKeys(runtime, terminal)));
}
