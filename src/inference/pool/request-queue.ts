import type { Priority } from '../../domain/priority.js';

export interface QueuedRequest {
  /** Order of arrival. */
  readonly sequence: number;
  readonly priority: Priority;
  readonly sampleCount: number;
  readonly enqueuedAtMs: number;
  /** Was in a batch that failed: runs by itself, so that it can harm nobody and nobody it. */
  readonly alone: boolean;
}

export interface BatchLimits {
  readonly maxItems: number;
  /** Samples after padding. A single longer clip still runs, alone. */
  readonly maxSamples: number;
  /** Share of padding in a batch, 0..1. */
  readonly maxPadding: number;
}

export interface QueueLimits {
  readonly maxItems: number;
  readonly maxSamples: number;
  /** A bulk request that has waited this long gets every `bulkTurn`-th batch, whatever interactive work there is. */
  readonly bulkAgeingMs: number;
  readonly bulkTurn: number;
  /** Share of the queue that bulk work may fill, so that interactive work still gets in. */
  readonly bulkShare: number;
}

/**
 * The bounded queue in front of a model. Interactive work goes first, but aged bulk work gets a turn now and then: strict
 * order would starve it, and letting all of it age into the front would make interactive work wait for a whole backlog.
 */
export class RequestQueue<Request extends QueuedRequest> {
  readonly #lines: Record<Priority, Request[]> = { interactive: [], bulk: [] };
  #sampleCount = 0;
  #turnsSinceBulk = 0;

  constructor(private readonly limits: QueueLimits) {}

  get length(): number {
    return this.#lines.interactive.length + this.#lines.bulk.length;
  }

  get sampleCount(): number {
    return this.#sampleCount;
  }

  /** An empty queue takes any single request, however long. */
  hasRoom(priority: Priority, sampleCount: number): boolean {
    if (this.length === 0) return true;
    const share = priority === 'bulk' ? this.limits.bulkShare : 1;
    return this.length + 1 <= this.limits.maxItems * share && this.#sampleCount + sampleCount <= this.limits.maxSamples * share;
  }

  push(request: Request): void {
    this.#lines[request.priority].push(request);
    this.#sampleCount += request.sampleCount;
  }

  /** Back to where it stood by its arrival: a retry loses no place. */
  putBack(request: Request): void {
    const line = this.#lines[request.priority];
    const at = line.findIndex((other) => other.sequence > request.sequence);
    line.splice(at === -1 ? line.length : at, 0, request);
    this.#sampleCount += request.sampleCount;
  }

  remove(request: Request): boolean {
    const line = this.#lines[request.priority];
    const at = line.indexOf(request);
    if (at === -1) return false;
    line.splice(at, 1);
    this.#sampleCount -= request.sampleCount;
    return true;
  }

  /** Takes everything out, in order of arrival. */
  drain(): Request[] {
    const all = this.#lines.interactive.splice(0).concat(this.#lines.bulk.splice(0));
    this.#sampleCount = 0;
    return all.sort((a, b) => a.sequence - b.sequence);
  }

  has(priority: Priority): boolean {
    return this.#lines[priority].length > 0;
  }

  hasUpTo(sequence: number): boolean {
    return Object.values(this.#lines).some((line) => line[0] !== undefined && line[0].sequence <= sequence);
  }

  /** The next batch, of requests that came up to `sequence` and of one priority alone where that is asked for; null when there is none. */
  take(limits: BatchLimits, nowMs: number, sequence = Infinity, only: Priority | null = null): Request[] | null {
    const priority = only ?? this.#nextPriority(nowMs, sequence);
    if (priority === null) return null;
    const eligible = this.#lines[priority].filter((request) => request.sequence <= sequence);
    const batch = pickBatch(eligible, limits);
    if (batch.length === 0) return null;
    if (only === null) this.#turnsSinceBulk = priority === 'bulk' ? 0 : this.#turnsSinceBulk + 1;
    for (const request of batch) this.remove(request);
    return batch;
  }

  #nextPriority(nowMs: number, sequence: number): Priority | null {
    const there = (request: Request | undefined): request is Request => request !== undefined && request.sequence <= sequence;
    const [interactive, bulk] = [this.#lines.interactive[0], this.#lines.bulk[0]];
    if (!there(interactive)) return there(bulk) ? 'bulk' : null;
    if (!there(bulk)) return 'interactive';
    const aged = nowMs - bulk.enqueuedAtMs >= this.limits.bulkAgeingMs;
    return aged && this.#turnsSinceBulk >= this.limits.bulkTurn - 1 ? 'bulk' : 'interactive';
  }
}

/** The first request and those nearest to it in length, as long as padding stays small. */
export function pickBatch<Request extends QueuedRequest>(line: readonly Request[], limits: BatchLimits): Request[] {
  const [head, ...others] = line;
  if (head === undefined) return [];
  const batch = [head];
  if (head.alone || limits.maxItems <= 1) return batch;
  let longest = head.sampleCount;
  let total = head.sampleCount;
  const distance = (request: Request): number => Math.abs(request.sampleCount - head.sampleCount);
  for (const request of others.filter((other) => !other.alone).sort((a, b) => distance(a) - distance(b))) {
    if (batch.length >= limits.maxItems) break;
    const nextLongest = Math.max(longest, request.sampleCount);
    const padded = nextLongest * (batch.length + 1);
    const padding = 1 - (total + request.sampleCount) / padded;
    if (padded > limits.maxSamples || padding > limits.maxPadding) continue;
    batch.push(request);
    longest = nextLongest;
    total += request.sampleCount;
  }
  return batch;
}
