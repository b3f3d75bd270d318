import type { OutputStream } from './terminal.js';

const BAR_WIDTH = 28;
const REDRAW_MS = 80;

/**
 * One line on stderr that is drawn over itself on a terminal. Elsewhere nothing is drawn, unless `verbose` asks for plain
 * lines (one for each task begun and ended), because a log full of carriage returns helps nobody.
 */
export class ProgressLine {
  #lastDrawMs = 0;
  #drawnLength = 0;
  readonly #draws: boolean;

  constructor(private readonly stream: OutputStream, private readonly options: { readonly verbose: boolean; readonly quiet: boolean }) {
    this.#draws = stream.isTTY === true && !options.quiet;
  }

  begin(task: string): void {
    if (this.#draws) this.update(task, 0);
    else if (this.options.verbose) this.stream.write(`${task} …\n`);
  }

  update(task: string, fraction: number): void {
    if (!this.#draws) return;
    const nowMs = Date.now();
    if (nowMs - this.#lastDrawMs < REDRAW_MS && fraction < 1 && this.#drawnLength > 0) return;
    this.#lastDrawMs = nowMs;
    const bounded = Math.max(0, Math.min(1, fraction));
    const head = `${bar(bounded, BAR_WIDTH)} ${String(Math.round(bounded * 100)).padStart(3)} % `;
    const line = (head + task).slice(0, Math.max(20, (this.stream.columns ?? 80) - 1));
    this.stream.write(`\r${line.padEnd(this.#drawnLength)}`);
    this.#drawnLength = line.length;
  }

  end(task: string, outcome: string): void {
    this.clear();
    if (this.options.verbose && !this.options.quiet) this.stream.write(`${task}: ${outcome}\n`);
  }

  /** Takes the line away, so that other output begins on a clean one. */
  clear(): void {
    if (this.#drawnLength > 0) this.stream.write(`\r${' '.repeat(this.#drawnLength)}\r`);
    this.#drawnLength = 0;
  }
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** `fraction` 0 to 1 as blocks, in eighths of a character. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, fraction)) * width * 8);
  const full = Math.floor(eighths / 8);
  return `${'█'.repeat(full)}${EIGHTHS[eighths % 8] ?? ''}`.padEnd(width);
}
