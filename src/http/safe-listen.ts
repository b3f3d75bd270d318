import { isIP } from 'node:net';
import { UndertoneError } from '../domain/errors.js';

/** Only addresses that other machines cannot reach. A name other than `localhost` may resolve to anything, so it is none. */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase().replace(/^\[|\]$/g, '').replace(/^::ffff:/, '');
  if (address === 'localhost' || address === '::1') return true;
  return isIP(address) === 4 && address.startsWith('127.');
}

/** Without TLS anybody on the way could answer in the other's place; on this machine nobody is on the way. */
export function isSafeAddress({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** INSECURE_LISTEN when the address can be reached from other machines and nothing would ask them for a key. */
export function assertSafeListen(host: string, hasKeys: boolean): void {
  if (isLoopback(host) || hasKeys) return;
  throw new UndertoneError('INSECURE_LISTEN', 'UNDERTONE_HOST is not a loopback address and there is no API key. Make one first (`undertone keys create`), or listen on 127.0.0.1.');
}
