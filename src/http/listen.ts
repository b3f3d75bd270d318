import type { FastifyInstance } from 'fastify';
import { assertSafeListen, type Guarded } from './safe-listen.js';

export interface Listening {
  /** For people and browsers, for example `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly port: number;
}

/** Starts to listen; port 0 takes any free one. INSECURE_LISTEN beyond loopback without keys or encryption. `app.close()` ends it. */
export async function listen(app: FastifyInstance, options: { readonly host: string; readonly port: number; readonly guarded: Guarded }): Promise<Listening> {
  assertSafeListen(options.host, options.guarded);
  await app.listen({ host: options.host, port: options.port });
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const shown = ['0.0.0.0', '::', '::0'].includes(options.host) ? 'localhost' : options.host.includes(':') ? `[${options.host}]` : options.host;
  return { url: `${'setSecureContext' in app.server ? 'https' : 'http'}://${shown}:${port}`, port };
}
