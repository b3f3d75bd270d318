import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';

/** An issuer on this machine, whose keys can be changed and which counts who asks for them. */
export class Issuer {
  readonly keys: JWK[] = [];
  readonly signers = new Map<string, { readonly key: CryptoKey; readonly alg: string }>();
  asked = 0;
  isDown = false;
  server: Server | null = null;
  url = '';
  says: Record<string, unknown> = {};

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      if (this.isDown) return void response.writeHead(500).end();
      const isConfiguration = request.url === '/.well-known/openid-configuration';
      if (!isConfiguration) this.asked++;
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(isConfiguration ? { issuer: this.url, jwks_uri: `${this.url}/jwks`, ...this.says } : { keys: this.keys }));
    });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => this.server!.close(resolve));
  }

  async addKey(kid: string, alg = 'ES256'): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    this.keys.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' });
    this.signers.set(kid, { key: privateKey, alg });
  }

  token(claims: JWTPayload = {}, { kid = 'first', expires = '5m', header = {} }: { readonly kid?: string; readonly expires?: string | number; readonly header?: Readonly<Record<string, string>> } = {}): Promise<string> {
    const { key, alg } = this.signers.get(kid)!;
    return new SignJWT({ roles: ['reader', 'analyst'], sub: 'somebody', iss: this.url, aud: 'undertone', ...claims }).setProtectedHeader({ alg, kid, ...header }).setIssuedAt().setExpirationTime(expires).sign(key);
  }
}
