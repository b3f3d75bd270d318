import { Command, CommanderError } from 'commander';
import { isUndertoneError } from '../domain/errors.js';
import type { CliRuntime } from './cli-runtime.js';
import { buildProgram } from './program.js';
import { OutputClosed, painter, printable, tolerateClosedPipes } from './terminal.js';
import type { OutputStream, Terminal } from './terminal.js';

/** 0 done · 1 a file or the work failed · 2 bad usage · 130 interrupted. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Runs one command line and gives its exit code; never throws and never exits, so that tests can call it. */
export async function runUndertone(argv: readonly string[], runtime: CliRuntime, terminal: Terminal, options: { readonly telemetryOff: boolean }): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = buildProgram({ runtime, terminal, telemetryOff: options.telemetryOff, setExitCode: (code) => (exitCode = code) });
  configureOutput(program, terminal);
  try {
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return EXIT.usage;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return explain(error, terminal);
  }
}

/** The command as a process: real streams, Ctrl-C and SIGTERM as one abort signal; a second one ends at once. */
export async function main(argv: readonly string[], runtime: CliRuntime, options: { readonly telemetryOff: boolean }): Promise<number> {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  tolerateClosedPipes(process.stdout, process.stderr);
  try {
    return await runUndertone(argv, runtime, { out: process.stdout, err: process.stderr, in: process.stdin, signal: controller.signal }, options);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** Subcommands copy nothing from their parent, so each is set. Help that was asked for goes to stdout, mistakes to stderr. */
function configureOutput(command: Command, terminal: Terminal): void {
  const write = (stream: OutputStream) => (text: string): void => void stream.write(text);
  command.exitOverride().showHelpAfterError('(--help shows what is allowed)').showSuggestionAfterError(true).allowExcessArguments(false);
  command.configureOutput({ writeOut: write(terminal.out), writeErr: write(terminal.err), getOutHelpWidth: () => terminal.out.columns ?? 100, getErrHelpWidth: () => terminal.err.columns ?? 100 });
  for (const child of command.commands) configureOutput(child, terminal);
}

function explain(error: unknown, terminal: Terminal): number {
  if (error instanceof OutputClosed) return EXIT.done;
  // Commander has printed its message already; help and version are no mistakes.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (terminal.signal.aborted) {
    terminal.err.write('Interrupted.\n');
    return EXIT.interrupted;
  }
  const paint = painter(terminal.err);
  if (isUndertoneError(error)) {
    terminal.err.write(`${paint('red', `${error.code}:`)} ${error.message.split('\n').map(printable).join('\n')}\n`);
    return USAGE_CODES.has(error.code) ? EXIT.usage : EXIT.failed;
  }
  const text = error instanceof Error ? error.stack ?? error.message : String(error);
  terminal.err.write(`${paint('red', 'A fault of Undertone:')} ${text}\n`);
  return EXIT.failed;
}

/** Failures that come from what was typed, before any work. */
const USAGE_CODES: ReadonlySet<string> = new Set(['BAD_INPUT', 'MODEL_UNKNOWN', 'CONFIG_INVALID', 'LICENSE_NOT_ACCEPTED', 'TOKENS_INVALID']);
