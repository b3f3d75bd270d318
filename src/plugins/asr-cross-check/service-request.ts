import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { UndertoneError } from '../../domain/errors.js';
import { isPublicAddress } from '../../domain/network-address.js';

export interface ServiceRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
  /** From the first look at the name to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  /** Whether private and loopback addresses may be called. */
  readonly allowPrivate: boolean;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export type Resolve = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;
const resolveAll: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

const unavailable = (what: string, cause?: unknown): UndertoneError => new UndertoneError('TRANSCRIBER_FAILED', `The transcription service ${what}.`, {}, { cause });

/**
 * One POST, bounded in time and size. The name is resolved once and the connection goes to exactly the addresses that were
 * checked, so that a name which changes its answer gains nothing. No redirect is followed and no proxy is asked: samples and
 * the key go where the setting says, or nowhere. TRANSCRIBER_FAILED; rejects with the signal's reason when it fires.
 */
export async function postToService(request: ServiceRequest, resolve: Resolve = resolveAll): Promise<ServiceAnswer> {
  const { signal, timeoutMs } = request;
  signal.throwIfAborted();
  const late = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, late]);
  try {
    // A resolver has no deadline of its own.
    const addresses = await Promise.race([checkedAddresses(request, resolve), rejection(either)]);
    return await send(request, addresses, either);
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw unavailable(`did not answer within ${timeoutMs} ms (UNDERTONE_TRANSCRIBER_TIMEOUT_MS)`, error);
    if (error instanceof UndertoneError) throw error;
    throw unavailable(`could not be reached (${(error as NodeJS.ErrnoException).code ?? 'connection failed'}). Check UNDERTONE_TRANSCRIBER_URL`, error);
  }
}

async function checkedAddresses({ url, allowPrivate }: ServiceRequest, resolve: Resolve): Promise<readonly { readonly address: string; readonly family: number }[]> {
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const family = isIP(host);
  const found = family === 0 ? await resolve(host) : [{ address: host, family }];
  if (found.length === 0) throw unavailable('has a name without an address');
  if (!allowPrivate && !found.every(({ address }) => isPublicAddress(address))) throw unavailable('is at an address that is not on the public internet. Set UNDERTONE_TRANSCRIBER_ALLOW_PRIVATE=true for a service of your own');
  return found;
}

function send({ url, headers, body, maxAnswerBytes }: ServiceRequest, addresses: Awaited<ReturnType<typeof checkedAddresses>>, signal: AbortSignal): Promise<ServiceAnswer> {
  const pinned: LookupFunction = (_hostname, { all }, callback) => {
    if (all === true) callback(null, addresses.map(({ address, family }) => ({ address, family })));
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
  const { request } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent: false, lookup: pinned, signal, headers: { ...headers, 'content-length': body.length, 'user-agent': 'Undertone', connection: 'close' } });
    const fail = (error: Error): void => {
      reject(error);
      outgoing.destroy();
    };
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const pieces: Buffer[] = [];
      let byteLength = 0;
      response.on('error', fail);
      response.on('data', (piece: Buffer) => {
        byteLength += piece.length;
        if (byteLength > maxAnswerBytes) fail(unavailable(`answered with more than ${maxAnswerBytes} bytes`));
        else pieces.push(piece);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces) }));
      response.on('close', () => fail(unavailable('broke its answer off')));
    });
    outgoing.end(body);
  });
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}
