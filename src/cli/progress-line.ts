import type { OutputStream } from './terminal.js';

const BAR_WIDTH = 28;
const REDRAW_MS = 80;

/**
 * One line on stderr that is drawn over itself on a terminal. Elsewhere nothing is drawn, unless `verbose` asks for plain
 * lines (begin, each quarter, end), because a log full of carriage returns helps nobody.
 */
export class ProgressLine {
  #lastDrawMs = 0;
  #drawnLength = 0;
  #quarters = 0;
  readonly #draws: boolean;

  constructor(private readonly stream: OutputStream, private readonly options: { readonly verbose: boolean }) {
    this.#draws = stream.isTTY === true;
  }

  begin(task: string): void {
    this.#quarters = 0;
    if (this.#draws) this.update(task, 0);
    else if (this.options.verbose) this.stream.write(`${task} …\n`);
  }

  update(task: string, fraction: number): void {
    if (!this.#draws) {
      this.#writeQuarter(task, fraction);
      return;
    }
    const nowMs = Date.now();
    if (nowMs - this.#lastDrawMs < REDRAW_MS && fraction < 1 && this.#drawnLength > 0) return;
    this.#lastDrawMs = nowMs;
    const line = lineOf(task, fraction).slice(0, Math.max(20, (this.stream.columns ?? 80) - 1));
    this.stream.write(`\r${line.padEnd(this.#drawnLength)}`);
    this.#drawnLength = line.length;
  }

  end(task: string, outcome: string): void {
    this.clear();
    if (this.options.verbose) this.stream.write(`${task}: ${outcome}\n`);
  }

  #writeQuarter(task: string, fraction: number): void {
    const quarters = Math.floor(fraction * 4);
    if (!this.options.verbose || quarters <= this.#quarters) return;
    this.#quarters = quarters;
    this.stream.write(`${lineOf(task, quarters / 4)}\n`);
  }

  /** Takes the line away, so that other output begins on a clean one. */
  clear(): void {
    if (this.#drawnLength > 0) this.stream.write(`\r${' '.repeat(this.#drawnLength)}\r`);
    this.#drawnLength = 0;
  }
}

function lineOf(task: string, fraction: number): string {
  const bounded = Math.max(0, Math.min(1, fraction));
  return `${bar(bounded, BAR_WIDTH)} ${String(Math.round(bounded * 100)).padStart(3)} % ${task}`;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

/** `fraction` 0 to 1 as blocks, in eighths of a character. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, fraction)) * width * 8);
  const full = Math.floor(eighths / 8);
  return `${'█'.repeat(full)}${EIGHTHS[eighths % 8] ?? ''}`.padEnd(width);
}
