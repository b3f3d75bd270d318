import { problemOf } from './analyze.command.js';
import type { CliRuntime } from './cli-runtime.js';
import { findOutputsFolders, readOutputsFolder } from './outputs-reader.js';
import { ProgressLine } from './progress-line.js';
import { painter, print, printable, type Terminal } from './terminal.js';

export interface ImportArguments {
  readonly directory: string;
  readonly model: string;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Takes the web page's folders over, oldest name first; one that cannot be read is reported and the others go on. 1 when any failed. */
export async function importCommand(runtime: CliRuntime, terminal: Terminal, args: ImportArguments): Promise<number> {
  const folders = await findOutputsFolders(args.directory);
  const opened = await runtime.openServices();
  const progress = new ProgressLine(terminal.err, { verbose: args.verbose });
  const paint = painter(terminal.out);
  const count = { imported: 0, skipped: 0, failed: 0 };
  try {
    for (const [index, folder] of folders.entries()) {
      terminal.signal.throwIfAborted();
      progress.update(`${index + 1}/${folders.length} ${printable(folder)}`, index / folders.length);
      try {
        const { isNew, recordingId, analysisId } = await opened.imports.importOutputs(opened.operator, await readOutputsFolder(folder, args.model), terminal.signal);
        const status = isNew ? 'imported' : 'skipped';
        count[status] += 1;
        progress.clear();
        await print(terminal.out, args.json ? `${JSON.stringify({ folder, status, recordingId, analysisId })}\n` : `${isNew ? paint('green', '✓') : '='} ${printable(folder)} ${isNew ? '' : 'was imported before '}(${analysisId})\n`);
      } catch (error) {
        if (terminal.signal.aborted) throw error;
        count.failed += 1;
        progress.clear();
        const { code, message } = problemOf(error, folder);
        await print(terminal.out, args.json ? `${JSON.stringify({ folder, status: 'failed', problem: { code, message } })}\n` : `${paint('red', '✗')} ${printable(folder)}: ${printable(message)} (${code})\n`);
      }
    }
  } finally {
    progress.clear();
    await opened.close();
  }
  await print(terminal.err, `${count.imported} imported, ${count.skipped} already there, ${count.failed} failed${folders.length === 0 ? `: no outputs_YYYYMMDD_HHMMSS folder under ${printable(args.directory)}` : ''}\n`);
  return count.failed === 0 && folders.length > 0 ? 0 : 1;
}
