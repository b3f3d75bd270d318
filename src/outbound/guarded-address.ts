import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPublicAddress, type NetworkTest } from '../domain/network-address.js';

export interface OutboundRules {
  readonly allowHttp: boolean;
  /** Addresses that may be called although they are not public. */
  readonly isAllowed: NetworkTest;
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** As everything on this machine resolves names, the hosts file included. */
export const resolveAll: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

/** An address that must not be called, whatever stands behind it. The message names no address: it would tell of the network inside. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** What is wrong with a URL as it stands, for people; null when it may be resolved. */
export function faultOfUrl(text: string, rules: OutboundRules): string | null {
  if (!URL.canParse(text)) return 'is not an absolute URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && rules.allowHttp)) return `must begin with https://${rules.allowHttp ? ' or http://' : ''}`;
  if (url.username !== '' || url.password !== '') return 'must carry no user name or password; deliveries are signed instead';
  if (url.hash !== '') return 'must have no fragment (#…)';
  const host = isThisMachine(url) ? '127.0.0.1' : hostOf(url);
  return isIP(host) === 0 || mayBeCalled(host, rules) ? null : NOT_PUBLIC;
}

const NOT_PUBLIC = 'names an address that is not on the public internet; the operator can allow networks with UNDERTONE_WEBHOOK_ALLOW';

/** RFC 6761: these names are loopback everywhere, so nobody needs to resolve them to refuse them. */
function isThisMachine({ hostname }: URL): boolean {
  return /(^|\.)localhost\.?$/.test(hostname);
}

/** Of a URL with an IPv6 address the address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/**
 * The addresses to connect to, all of them checked. One that is not public refuses the name as a whole: which of them is
 * used would otherwise be left to whoever answers for the name. AddressRefused; system errors of the resolver.
 */
export async function approvedAddresses(url: URL, rules: OutboundRules, resolve: Resolve): Promise<readonly ResolvedAddress[]> {
  const host = hostOf(url);
  const family = isIP(host);
  const found = family === 0 ? await resolve(host) : [{ address: host, family }];
  if (found.length === 0 || !found.every(({ address }) => mayBeCalled(address, rules))) throw new AddressRefused(NOT_PUBLIC);
  return found;
}

function mayBeCalled(address: string, rules: OutboundRules): boolean {
  return isPublicAddress(address) || rules.isAllowed(address);
}
