/** How fast a model has been of late, to tell a refused caller when to come back. */
export class RunRate {
  #msPerSample: number | null = null;

  add(wallMs: number, sampleCount: number): void {
    const fresh = wallMs / Math.max(1, sampleCount);
    // An eighth of the newest: one slow run under load must not send everybody away for minutes.
    this.#msPerSample = this.#msPerSample === null ? fresh : this.#msPerSample + (fresh - this.#msPerSample) / 8;
  }

  /** Time for `sampleCount` waiting samples on `hostCount` hosts, within 0.1 s and 60 s; 1 s before anything has run. */
  estimateMs(sampleCount: number, hostCount: number): number {
    if (this.#msPerSample === null) return 1000;
    return Math.round(Math.min(60_000, Math.max(100, (this.#msPerSample * sampleCount) / hostCount)));
  }
}
