import { isIP } from 'node:net';
import { networksOf } from '../domain/networks.js';

/** Names of proxy-addr, for settings that need not list networks. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

export type IsTrusted = (address: string) => boolean;

/** Whose `X-Forwarded-…` headers are believed. Nobody's where the list is empty: anybody can send such a header. */
export function trustedProxies(networks: readonly string[]): IsTrusted {
  return networksOf(networks.flatMap((name) => NAMED[name] ?? [name])).has;
}

/**
 * Who really asks: from the nearest hop backwards, the first address that is no trusted proxy. What stands before it
 * in the header was written by that address itself and is worth nothing.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, isTrusted: IsTrusted): string {
  const hops = (forwardedFor ?? '').split(',').map((hop) => hop.trim()).filter((hop) => hop !== '');
  let client = peer;
  while (isTrusted(client)) {
    const next = hops.pop();
    if (next === undefined || isIP(next) === 0) break;
    client = next;
  }
  return client;
}
