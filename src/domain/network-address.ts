import { BlockList, isIP } from 'node:net';

/** Everything of IPv4 that is not a public host: this machine, its networks, what providers keep for themselves, tests, groups. */
const NOT_PUBLIC_4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24',
  '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  // A metadata service behind a public address (Azure's wire server).
  '168.63.129.16/32',
] as const;
/**
 * IPv6 hosts are public in 2000::/3 alone, which leaves out loopback, link-local, unique local, IPv4-mapped and NAT64
 * addresses. Inside it: special uses with Teredo and ORCHID, documentation, 6to4, which carries any IPv4 address.
 */
const PUBLIC_6 = '2000::/3';
const NOT_PUBLIC_6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'] as const;

/** Names that stand for networks, the same as for trusted proxies. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

export type NetworkTest = (address: string) => boolean;

const isNotPublic4 = networkTest(NOT_PUBLIC_4);
const isIn2000 = networkTest([PUBLIC_6]);
const isNotPublic6 = networkTest(NOT_PUBLIC_6);

/** Whether an address lies in one of these addresses, networks (`10.0.0.0/8`) or names (`loopback`, `linklocal`, `uniquelocal`). */
export function networkTest(networks: readonly string[]): NetworkTest {
  const lists = { 4: new BlockList(), 6: new BlockList() };
  for (const network of networks.flatMap((name) => NAMED[name] ?? [name])) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 6 ? 6 : 4;
    lists[family].addSubnet(address, prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix), `ipv${family}`);
  }
  // Two lists: one of both families would let an IPv4 network speak for the IPv4-mapped addresses of its hosts.
  return (address) => {
    const family = isIP(address);
    return family !== 0 && lists[family as 4 | 6].check(address, `ipv${family as 4 | 6}`);
  };
}

/** A host of the public internet. What is no address at all is none. */
export function isPublicAddress(text: string): boolean {
  // A zone names an interface of this machine, so the address is not a public one.
  if (text.includes('%')) return false;
  const family = isIP(text);
  if (family === 4) return !isNotPublic4(text);
  return family === 6 && isIn2000(text) && !isNotPublic6(text);
}
