import type { StepFigures } from '../domain/plugin-figures.js';

/** Failures in a row after which something is left out for a while: a dead one must not cost its deadline every time. */
export const FAILURES_TO_OPEN = 5;
const OPEN_MS = 60_000;

/** What a step or listener has done, and whether it is let in now. */
export class Circuit {
  #failuresInRow = 0;
  #openUntilMs = 0;
  #calls = 0;
  #failures = 0;
  #leftOut = 0;
  #milliseconds = 0;

  constructor(
    private readonly plugin: string,
    private readonly step: string,
    private readonly now: () => number,
  ) {}

  /** False while it is left out; counted. After the pause one call is let through: its failure opens it again at once. */
  lets(): boolean {
    if (this.#openUntilMs <= this.now()) return true;
    this.#leftOut += 1;
    return false;
  }

  succeeded(durationMs: number): void {
    this.#calls += 1;
    this.#milliseconds += durationMs;
    this.#failuresInRow = 0;
  }

  failed(durationMs: number): void {
    this.#calls += 1;
    this.#failures += 1;
    this.#milliseconds += durationMs;
    this.#failuresInRow += 1;
    if (this.#failuresInRow >= FAILURES_TO_OPEN) this.#openUntilMs = this.now() + OPEN_MS;
  }

  figures(): StepFigures {
    return { plugin: this.plugin, step: this.step, calls: this.#calls, failures: this.#failures, leftOut: this.#leftOut, seconds: this.#milliseconds / 1000, isOpen: this.#openUntilMs > this.now() };
  }
}
