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

export interface Guarded {
  /** There is a key to ask for. */
  readonly hasKeys: boolean;
  /** TLS of our own, or the operator's word that a proxy has it. */
  readonly isEncrypted: boolean;
}

/** INSECURE_LISTEN when the address can be reached from other machines and nothing would ask them for a key, or keys and voices would travel in the clear. */
export function assertSafeListen(host: string, { hasKeys, isEncrypted }: Guarded): void {
  if (isLoopback(host)) return;
  if (hasKeys && !isEncrypted) {
    throw new UndertoneError('INSECURE_LISTEN', 'UNDERTONE_HOST is not a loopback address and nothing encrypts the connection. Set UNDERTONE_TLS_CERT and UNDERTONE_TLS_KEY, say UNDERTONE_BEHIND_PROXY=true where a proxy with TLS stands in front, or listen on 127.0.0.1.');
  }
  if (hasKeys) return;
  throw new UndertoneError('INSECURE_LISTEN', 'UNDERTONE_HOST is not a loopback address and there is no API key. Make one first (`undertone keys create`), or listen on 127.0.0.1.');
}
