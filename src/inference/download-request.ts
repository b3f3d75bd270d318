import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import tls from 'node:tls';

const MAX_REDIRECTS = 5;

export interface DownloadRequestOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** `http://[user:password@]host:port`; https goes through its CONNECT, http through it plainly. */
  readonly proxyUrl?: string;
  /** Without a byte for this long the connection counts as cut. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal;
}

/** A refusal that another attempt will not change. */
export class DownloadRefused extends Error {
  override readonly name = 'DownloadRefused';
}

/**
 * GET with redirects followed (at most five, never from https down to http). `linkedDigest` is the SHA-256 that Hugging
 * Face announces for large files on the way; the host that serves the bytes does not repeat it.
 */
export async function requestDownload(url: string, options: DownloadRequestOptions): Promise<{ response: http.IncomingMessage; linkedDigest: string | null }> {
  let address = new URL(url);
  let linkedDigest: string | null = null;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await get(address, options);
    const announced = /^"?([0-9a-f]{64})"?$/.exec(String(response.headers['x-linked-etag'] ?? ''))?.[1];
    linkedDigest = announced ?? linkedDigest;
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined) return { response, linkedDigest };
    response.resume();
    const next = new URL(location, address);
    if (!['http:', 'https:'].includes(next.protocol)) throw new DownloadRefused(`${address.host} redirects to ${next.protocol}, which is not followed`);
    if (address.protocol === 'https:' && next.protocol === 'http:') throw new DownloadRefused(`${address.host} redirects from https to http, which is not followed`);
    address = next;
  }
  throw new DownloadRefused(`${new URL(url).host} redirects more than ${MAX_REDIRECTS} times`);
}

async function get(address: URL, { headers, proxyUrl, idleTimeoutMs, signal }: DownloadRequestOptions): Promise<http.IncomingMessage> {
  const common = { method: 'GET', headers: { 'user-agent': 'undertone', 'accept-encoding': 'identity', ...headers }, ...(signal ? { signal } : {}) };
  const proxy = proxyUrl === undefined ? null : new URL(proxyUrl);
  if (proxy !== null && address.protocol === 'http:') {
    const through = { ...common, host: proxy.hostname, port: proxy.port || 80, path: address.href, headers: { ...common.headers, host: address.host, ...proxyAuthorization(proxy) } };
    return answered(http.request(through), idleTimeoutMs);
  }
  if (proxy !== null) {
    const socket = await tunnel(proxy, address, idleTimeoutMs);
    const agent = new https.Agent({ keepAlive: false });
    return answered(https.request(address, { ...common, agent, createConnection: () => tls.connect({ socket, servername: address.hostname }) }), idleTimeoutMs);
  }
  const { request } = address.protocol === 'https:' ? https : http;
  return answered(request(address, { ...common, agent: false }), idleTimeoutMs);
}

function answered(request: http.ClientRequest, idleTimeoutMs: number): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.setTimeout(idleTimeoutMs, () => request.destroy(new Error(`no byte came for ${idleTimeoutMs} ms`)));
    request.once('response', resolve);
    request.on('error', reject);
    request.end();
  });
}

function tunnel(proxy: URL, target: URL, idleTimeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const authority = `${target.hostname}:${target.port || 443}`;
    const request = http.request({ host: proxy.hostname, port: proxy.port || 80, method: 'CONNECT', path: authority, headers: { host: authority, ...proxyAuthorization(proxy) } });
    request.setTimeout(idleTimeoutMs, () => request.destroy(new Error(`the proxy did not answer for ${idleTimeoutMs} ms`)));
    request.once('connect', (response, socket) => {
      if (response.statusCode === 200) resolve(socket);
      else {
        socket.destroy();
        reject(new DownloadRefused(`the proxy refused the connection with status ${response.statusCode ?? 0}`));
      }
    });
    request.on('error', reject);
    request.end();
  });
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
}
