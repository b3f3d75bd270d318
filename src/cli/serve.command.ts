import type { CliRuntime, RunningProcess } from './cli-runtime.js';
import { painter, print } from './terminal.js';
import type { Terminal } from './terminal.js';

/** Serves until Ctrl-C or SIGTERM, then stops in order. The address and a new key go to stdout; the log goes where the settings say. */
export async function serveCommand(runtime: CliRuntime, terminal: Terminal, args: { readonly withWorker: boolean }): Promise<number> {
  const server = await runtime.serve(args);
  const paint = painter(terminal.out);
  await print(terminal.out, `Undertone ${runtime.version} listens on ${paint('bold', server.url ?? '')}\n`);
  if (server.newAdminKey !== null) await print(terminal.out, `First admin key, shown only now: ${paint('bold', server.newAdminKey)}\n`);
  await untilStopped(terminal, server);
  return 0;
}

export async function workerCommand(runtime: CliRuntime, terminal: Terminal, args: { readonly models: readonly string[] | null; readonly concurrency: number | null }): Promise<number> {
  const worker = await runtime.work(args);
  await print(terminal.out, `Undertone ${runtime.version} worker takes jobs\n`);
  await untilStopped(terminal, worker);
  return 0;
}

export async function migrateCommand(runtime: CliRuntime, terminal: Terminal): Promise<number> {
  const { applied, alreadyAppliedCount } = await runtime.migrate();
  await print(terminal.out, `${applied.map((name) => `applied ${name}\n`).join('')}${applied.length} applied, ${alreadyAppliedCount} were already there\n`);
  return 0;
}

async function untilStopped(terminal: Terminal, running: RunningProcess): Promise<void> {
  try {
    await new Promise<void>((resolve) => {
      if (terminal.signal.aborted) resolve();
      else terminal.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    terminal.err.write('Stopping: running work is finished or handed back.\n');
  } finally {
    await running.close();
  }
}
