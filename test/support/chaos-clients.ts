import { createHash } from 'node:crypto';
import type { Ledger } from './invariants.js';
import { speechLikeWav } from './speech-like.js';

/** What clients need of the servers: an address that answers just now, or null. */
export interface Target {
  url(): string | null;
  readonly key: string;
}

/** Codes of refusals that are to be expected while things are being killed. */
export const MEANS_LATER = /DATABASE_UNAVAILABLE|SHUTTING_DOWN|INFERENCE_OVERLOADED|RATE_LIMITED|STORAGE_FULL|STORAGE_FAILED|UPLOAD_ABORTED|CONFLICT/;

const REQUEST = 'mutation($input: AnalyzeRecordingInput!) { analyzeRecording(input: $input) { __typename ... on Analysis { id } ... on Problem { code } } }';

/**
 * Clients as they should be: each sends its request again until it is acknowledged, with the same bytes and the same
 * idempotency key. What was acknowledged goes into the ledger.
 */
export class ChaosClients implements Ledger {
  readonly uploads = new Map<string, { readonly sha256: string; readonly byteLength: number }>();
  readonly analyses = new Set<string>();
  /** Recordings of which their client wants nothing more. */
  readonly done = new Set<string>();
  /** Answers that no client may ever get, whatever happens to the servers. */
  readonly surprises: string[] = [];
  #isStopped = false;
  #sequence = 0;
  #running: Promise<void>[] = [];

  constructor(private readonly target: Target, private readonly random: () => number) {}

  /** `pauseMs`: between two recordings of one client. */
  start(clientCount: number, pauseMs: number): void {
    this.#running = Array.from({ length: clientCount }, async () => {
      while (!this.#isStopped) {
        await this.#one();
        await pause(pauseMs);
      }
    });
  }

  /** What is under way is still brought to its acknowledgement. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  async #one(): Promise<void> {
    const number = this.#sequence++;
    // Every eighth is of a kind that fails for a reason of its own: not audio.
    const bytes = number % 8 === 7 ? Buffer.from(`a letter, not a sound: ${number}\n`.repeat(40)) : speechLikeWav(0.6 + 1.4 * this.random(), number + 1);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const recording = await this.#untilAcknowledged(async (url) => {
      const response = await fetch(`${url}/recordings?fileName=clip-${number}.wav`, { method: 'PUT', headers: this.#headers, body: new Uint8Array(bytes), signal: AbortSignal.timeout(20_000) });
      return response.ok ? ((await response.json()) as { id: string }).id : this.#refused(response.status, await response.text());
    });
    this.uploads.set(recording, { sha256, byteLength: bytes.length });
    const analysis = await this.#untilAcknowledged(async (url) => {
      const variables = { input: { recordingId: recording, idempotencyKey: `chaos-${number}` } };
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { ...this.#headers, 'content-type': 'application/json' }, body: JSON.stringify({ query: REQUEST, variables }), signal: AbortSignal.timeout(20_000) });
      const answer = (await response.json()) as { data?: { analyzeRecording?: { id?: string; code?: string } } | null; errors?: readonly { extensions?: { code?: string } }[] };
      const code = answer.errors?.[0]?.extensions?.code ?? answer.data?.analyzeRecording?.code;
      return answer.data?.analyzeRecording?.id ?? this.#refused(response.status, code ?? 'no code');
    });
    this.analyses.add(analysis);
    this.done.add(recording);
  }

  get #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.target.key}` };
  }

  /** Refusals that mean "later" are to be expected; anything else is noted. */
  #refused(status: number, said: string): null {
    if (!MEANS_LATER.test(said)) this.surprises.push(`${status} ${said.slice(0, 200)}`);
    return null;
  }

  async #untilAcknowledged(attempt: (url: string) => Promise<string | null>): Promise<string> {
    for (;;) {
      const url = this.target.url();
      // A server that was killed breaks the connection: the client cannot know whether it was heard, and asks again.
      const id = url === null ? null : await attempt(url).catch(() => null);
      if (id !== null) return id;
      await pause(100);
    }
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32), so that a failing run can be told by its seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
