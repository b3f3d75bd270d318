import { BlockList, isIP } from 'node:net';

/** Says whether an address is in a set of networks. */
export interface Networks {
  readonly has: (address: string) => boolean;
}

const NETWORK = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i;

/** `10.0.0.0/8`, `2001:db8::/32` or one address. Null when it is none; a prefix of 0 bits stands for all addresses of its kind. */
export function parseNetwork(text: string): { readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' } | null {
  const [, address = '', prefix] = NETWORK.exec(text.trim()) ?? [];
  const version = isIP(address);
  if (version === 0) return null;
  const most = version === 4 ? 32 : 128;
  const bits = prefix === undefined ? most : Number(prefix);
  return bits > most ? null : { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/**
 * Whom failures of an address are counted for: of IPv6 the network of 64 bits, for one line has as many addresses as it
 * likes in it.
 */
export function callerOf(given: string): string {
  const address = plainAddress(given);
  if (isIP(address) !== 6) return address;
  const [front = [], back = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const groups = [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back];
  return `${groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
}

/** IPv4 over a socket of both kinds, and without the name of an interface. */
function plainAddress(given: string): string {
  return given.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
}

/** What is not a network is left out: a set of nothing else has nobody in it. */
export function networksOf(texts: readonly string[]): Networks {
  const list = new BlockList();
  for (const network of texts.map(parseNetwork)) if (network !== null) list.addSubnet(network.address, network.bits, network.family);
  return {
    has: (given) => {
      const address = plainAddress(given);
      const version = isIP(address);
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
    },
  };
}
