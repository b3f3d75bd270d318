import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly process: ChildProcess;
  /** Lines it has printed so far. */
  readonly lines: readonly string[];
  /** Ends it without notice, and waits until it is gone. */
  kill(): Promise<void>;
}

/** A script of this folder in a process of its own. What it writes to stderr is shown. */
export function startChild(script: string, ...parameters: string[]): Child {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...parameters], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const drained = once(reader, 'close');
  return {
    process: child,
    lines,
    kill: async () => {
      child.kill('SIGKILL');
      // Everything that was printed counts as acknowledged, also what is still in the pipe.
      await drained;
    },
  };
}
