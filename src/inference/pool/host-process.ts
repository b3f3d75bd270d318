import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import type { FromHost, HostAnswers, HostLoad, HostReady, ToHost } from '../host-protocol.js';

export interface HostLaunch {
  /** The compiled host entry. */
  readonly entry: string;
  /** The whole environment of the process: nothing of the parent's own (keys, database addresses) gets in. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The process ended, or was ended, with work in its hands. */
export class HostEnded extends Error {
  override readonly name = 'HostEnded';
}

/** The process lives and said no: the model does not load, or a run threw. */
export class HostRefused extends Error {
  override readonly name = 'HostRefused';
}

const STDERR_TAIL_CHARACTERS = 600;

interface Waiting {
  resolve(answer: HostReady | HostAnswers): void;
  reject(error: Error): void;
}

/**
 * One forked host process: a question, an answer, an end. It never keeps the parent alive by itself (every request has a
 * deadline timer that does); when the parent dies its channel closes and it exits.
 */
export class HostProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #waiting: Waiting | null = null;
  #ended: string | null = null;
  #killReason: string | null = null;
  #stderrTail = '';
  #nextId = 1;

  constructor(launch: HostLaunch, onExit: (reason: string) => void) {
    const child = fork(launch.entry, [], {
      serialization: 'advanced',
      execArgv: [],
      env: { ...launch.environment },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      const end = (reason: string): void => {
        if (this.#ended !== null) return;
        this.#ended = this.#killReason ?? reason;
        this.#settle((waiting) => waiting.reject(new HostEnded(this.#ended ?? reason)));
        resolve();
        onExit(this.#ended);
      };
      child.once('exit', (code, signal) => end(this.#describeExit(code, signal)));
      child.on('error', (error) => {
        // Without a pid it never started and no 'exit' will follow; otherwise the channel broke and the process must go.
        if (child.pid === undefined) end(`The model host could not be started: ${error.message}`);
        else void this.kill(`The channel to the model host broke: ${error.message}`);
      });
    });
    child.on('message', (message) => this.#receive(message as FromHost));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-STDERR_TAIL_CHARACTERS);
    });
    child.unref();
    child.channel?.unref();
    (child.stderr as { unref?: () => void } | null)?.unref?.();
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Rejects with HostRefused (the model does not load) or HostEnded. */
  load(load: HostLoad): Promise<HostReady> {
    return this.#ask({ type: 'load', load }) as Promise<HostReady>;
  }

  /** One batch; the caller asks the next one after the answer. Rejects with HostRefused (the run threw) or HostEnded. */
  run(items: readonly unknown[]): Promise<HostAnswers> {
    return this.#ask({ type: 'run', id: this.#nextId++, items }) as Promise<HostAnswers>;
  }

  /** SIGKILL: a run cannot be interrupted otherwise, and the memory is back in about 20 ms. Resolves when it is gone. */
  kill(reason: string): Promise<void> {
    this.#killReason ??= reason;
    // Whoever waits for the end must live to see it, with nothing else going on.
    if (this.#ended === null) this.#child.ref();
    this.#child.kill('SIGKILL');
    return this.#exited;
  }

  #ask(message: ToHost): Promise<HostReady | HostAnswers> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) {
        reject(new HostEnded(this.#ended));
        return;
      }
      this.#waiting = { resolve, reject };
      this.#child.send(message, (error) => {
        if (error !== null) void this.kill(`The channel to the model host broke: ${error.message}`);
      });
    });
  }

  #receive(message: FromHost): void {
    if (message.type === 'load-failed' || message.type === 'run-failed') {
      this.#settle((waiting) => waiting.reject(new HostRefused(message.message)));
    } else {
      this.#settle((waiting) => waiting.resolve(message));
    }
  }

  #settle(how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) how(waiting);
  }

  #describeExit(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal === null ? `with code ${String(code)}` : `by ${signal}${signal === 'SIGKILL' ? ' (out of memory, or killed from outside)' : ''}`;
    const said = this.#stderrTail.trim().split('\n').at(-1) ?? '';
    return `The model host ended ${how}${said === '' ? '' : `; its last line was: ${said}`}.`;
  }
}
