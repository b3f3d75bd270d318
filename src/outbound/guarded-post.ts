import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { AttemptOutcome } from '../domain/webhook.js';
import { AddressRefused, approvedAddresses, resolveAll, type OutboundRules, type Resolve, type ResolvedAddress } from './guarded-address.js';

/** An answer says little; more than this is no receiver of ours. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;

export interface PostResult {
  readonly outcome: AttemptOutcome;
  /** Null where no answer began. */
  readonly statusCode: number | null;
  readonly durationMs: number;
  /** `Retry-After` as it came. */
  readonly retryAfter: string | undefined;
}

/** Never rejects for what the other side does; rejects with the signal's reason when it fires. */
export type GuardedPost = (url: string, headers: Readonly<Record<string, string>>, body: Buffer, signal: AbortSignal) => Promise<PostResult>;

export interface GuardedPostOptions extends OutboundRules {
  /** From the first look at the name to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly resolve?: Resolve;
}

/**
 * POST to an address that somebody else has chosen. The name is resolved once and the connection goes to exactly the
 * addresses that were checked, so a name that changes its answer in between gains nothing. No redirect is followed, no
 * proxy is asked, no connection is kept, and the answer is bounded in time and size.
 */
export function createGuardedPost(options: GuardedPostOptions): GuardedPost {
  const { timeoutMs, resolve = resolveAll } = options;
  return async (url, headers, body, signal) => {
    signal.throwIfAborted();
    const beganMs = performance.now();
    const late = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, late]);
    const answer = { statusCode: null as number | null, retryAfter: undefined as string | undefined };
    let outcome: AttemptOutcome;
    try {
      const target = new URL(url);
      if (target.protocol === 'http:' && !options.allowHttp) throw new AddressRefused('plain HTTP is not allowed');
      // A resolver has no deadline of its own.
      const addresses = await Promise.race([approvedAddresses(target, options, resolve), aborted(either)]);
      outcome = await send({ target, addresses, headers, body, signal: either, onAnswer: (statusCode, retryAfter) => Object.assign(answer, { statusCode, retryAfter }) });
    } catch (error) {
      signal.throwIfAborted();
      outcome = late.aborted ? 'TIMED_OUT' : outcomeOf(error, answer.statusCode !== null);
    }
    return { outcome, ...answer, durationMs: Math.round(performance.now() - beganMs) };
  };
}

interface Sending {
  readonly target: URL;
  readonly addresses: readonly ResolvedAddress[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
  readonly onAnswer: (statusCode: number, retryAfter: string | undefined) => void;
}

function send({ target, addresses, headers, body, signal, onAnswer }: Sending): Promise<AttemptOutcome> {
  const pinned: LookupFunction = (_hostname, { all }, callback) => {
    if (all === true) callback(null, addresses.map(({ address, family }) => ({ address, family })));
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
  const { request } = target.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request(target, {
      method: 'POST', agent: false, lookup: pinned, signal, maxHeaderSize: MAX_HEADER_BYTES, insecureHTTPParser: false,
      headers: { ...headers, 'content-length': body.length, 'user-agent': 'Undertone-Webhooks', connection: 'close' },
    });
    const finish = (outcome: AttemptOutcome): void => {
      resolve(outcome);
      outgoing.destroy();
    };
    const refuseFlood = (): void => {
      if ((outgoing.socket?.bytesRead ?? 0) > MAX_ANSWER_BYTES + MAX_HEADER_BYTES) finish('ANSWER_TOO_LARGE');
    };
    // Early answers (1xx) may come without end as well.
    outgoing.on('information', refuseFlood);
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const status = response.statusCode ?? 0;
      onAnswer(status, response.headers['retry-after']);
      response.on('error', reject);
      // Only the body of a success is waited for: it counts when it came whole.
      if (status < 200 || status >= 300) {
        finish(status === 410 ? 'GONE' : status >= 300 && status < 400 ? 'REDIRECTED' : 'REFUSED_STATUS');
        return;
      }
      let receivedBytes = 0;
      response.on('data', (chunk: Buffer) => {
        receivedBytes += chunk.length;
        if (receivedBytes > MAX_ANSWER_BYTES) finish('ANSWER_TOO_LARGE');
        else refuseFlood();
      });
      response.on('end', () => finish(response.complete ? 'DELIVERED' : 'BROKEN_OFF'));
      response.on('close', () => finish(response.complete ? 'DELIVERED' : 'BROKEN_OFF'));
    });
    outgoing.end(body);
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}

const OF_TLS = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;
const OF_HTTP = /^(HPE_|ECONNRESET|EPIPE|ERR_STREAM)/;

function outcomeOf(error: unknown, hasAnswer: boolean): AttemptOutcome {
  if (error instanceof AddressRefused) return 'ADDRESS_REFUSED';
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'HPE_HEADER_OVERFLOW') return 'ANSWER_TOO_LARGE';
  if (OF_TLS.test(code)) return 'TLS_FAILED';
  return hasAnswer || OF_HTTP.test(code) ? 'BROKEN_OFF' : 'UNREACHABLE';
}
