import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTokenVerifier, withTokens, type TokenVerifier } from '../../src/http/oidc-tokens.js';
import { Issuer } from '../support/issuer.js';
import { startTestApp } from '../support/test-app.js';

let issuer: Issuer;
const settingsOf = (changes: object = {}) => ({ issuer: issuer.url, audience: 'undertone', roleClaim: 'roles', workspaceClaim: null, ...changes });
const verifierOf = (changes: object = {}, cooldownMs = 0): TokenVerifier => createTokenVerifier({ settings: settingsOf(changes), defaultWorkspaceId: 'ws_1', workspaceExists: (id) => Promise.resolve(id === 'ws_1' || id === 'ws_2'), cooldownMs });
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  issuer = new Issuer();
  await issuer.start();
  for (const [kid, alg] of [['first', 'ES256'], ['rsa', 'RS256'], ['ed', 'EdDSA'], ['weak', 'ES384']] as const) await issuer.addKey(kid, alg);
});
beforeEach(() => {
  issuer.isDown = false;
  issuer.says = {};
});
afterAll(() => issuer.stop());

describe('tokens of an issuer', () => {
  it.each(['first', 'rsa', 'ed'])('let their bearer in with the highest of our roles, signed by the key %s', async (kid) => {
    const principal = await verifierOf()(await issuer.token({}, { kid }));
    expect(principal).toMatchObject({ role: 'analyst', workspaceId: 'ws_1', keyName: 'somebody' });
    expect(principal!.keyId).toMatch(/^oidc_[0-9a-f]{26}$/);
    expect((await verifierOf()(await issuer.token({ sub: 'another' })))!.keyId).not.toBe(principal!.keyId);
  });

  it('may say role and workspace in claims of another name or further down', async () => {
    const verify = verifierOf({ roleClaim: 'realm_access.roles', workspaceClaim: 'https://example.org/workspace' });
    expect(await verify(await issuer.token({ realm_access: { roles: ['admin'] }, 'https://example.org/workspace': 'ws_2' }))).toMatchObject({ role: 'admin', workspaceId: 'ws_2' });
    expect(await verify(await issuer.token({ realm_access: { roles: ['admin'] } }))).toBeNull();
    expect(await verify(await issuer.token({ realm_access: { roles: ['admin'] }, 'https://example.org/workspace': 'ws_9' }))).toBeNull();
    expect(await verify(await issuer.token({ 'https://example.org/workspace': 'ws_2' }))).toBeNull();
  });

  it('are believed a minute after their end and before their beginning, for clocks that differ, and no longer', async () => {
    const verify = verifierOf();
    expect(await verify(await issuer.token({}, { expires: nowSeconds() - 50 }))).not.toBeNull();
    expect(await verify(await issuer.token({}, { expires: nowSeconds() - 70 }))).toBeNull();
    expect(await verify(await issuer.token({ nbf: nowSeconds() + 50 }))).not.toBeNull();
    expect(await verify(await issuer.token({ nbf: nowSeconds() + 80 }))).toBeNull();
  });

  it('that are wrong in any way are all refused with 401 and the same words', async () => {
    const good = await issuer.token();
    const [header = '', payload = '', signature = ''] = good.split('.');
    const stranger = await generateKeyPair('ES256');
    const claims = { roles: ['admin'], sub: 's', iss: issuer.url, aud: 'undertone' };
    const publicKey = new TextEncoder().encode(JSON.stringify(issuer.keys[0]));
    const wrong: Record<string, string> = {
      'another audience': await issuer.token({ aud: 'other' }),
      'another issuer': await issuer.token({ iss: 'https://example.org' }),
      'no role of ours': await issuer.token({ roles: ['reader'] }),
      'no subject': await issuer.token({ sub: '' }),
      expired: await issuer.token({}, { expires: nowSeconds() - 3600 }),
      'no signature': new UnsecuredJWT(claims).setExpirationTime('5m').encode(),
      'a changed payload': [header, Buffer.from(JSON.stringify({ ...claims, exp: nowSeconds() + 300 })).toString('base64url'), signature].join('.'),
      'half a signature': [header, payload, signature.slice(0, 40)].join('.'),
      'a key of its own': await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'first' }).setExpirationTime('5m').sign(stranger.privateKey),
      'a key in its header': await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(stranger.publicKey) }).setExpirationTime('5m').sign(stranger.privateKey),
      'an unknown key id': await issuer.token({}, { header: { kid: 'nobody' } }),
      'a shared secret': await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'first' }).setExpirationTime('5m').sign(publicKey),
      'an algorithm that is not pinned': await issuer.token({}, { kid: 'weak' }),
      'no end': await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'first' }).sign(issuer.signers.get('first')!.key),
      'no token at all': 'a.b.c',
    };
    const app = await startTestApp({ verifyToken: verifierOf() });
    try {
      expect((await app.graphql('{ viewer { role workspaceId } }', {}, good)).data).toEqual({ viewer: { role: 'analyst', workspaceId: 'ws_1' } });
      const refused = await app.graphql('{ viewer { role } }', {}, 'ut_unknown-key');
      for (const [name, token] of Object.entries(wrong)) {
        const { status, errors } = await app.graphql('{ viewer { role } }', {}, token);
        expect([name, status, errors]).toEqual([name, 401, refused.errors]);
      }
    } finally {
      await app.close();
    }
  });

  it('of a key that the issuer has just begun to use are let in, and of one that it has given up no longer', async () => {
    const verify = verifierOf();
    await verify(await issuer.token());
    await issuer.addKey('next');
    expect(await verify(await issuer.token({}, { kid: 'next' }))).not.toBeNull();
    const at = issuer.keys.findIndex(({ kid }) => kid === 'next');
    issuer.keys.splice(at, 1);
    expect(await verifierOf()(await issuer.token({}, { kid: 'next' }))).toBeNull();
  });

  it('with made-up key ids do not become requests to the issuer', async () => {
    const verify = verifierOf({}, 60_000);
    await verify(await issuer.token());
    const before = issuer.asked;
    for (let i = 0; i < 20; i++) expect(await verify(await issuer.token({}, { header: { kid: `made-up-${i}` } }))).toBeNull();
    expect(issuer.asked).toBe(before);
  });

  it('cannot be checked while the issuer is away, which is not said to be their fault, and can when it is back', async () => {
    const verify = verifierOf();
    const token = await issuer.token();
    issuer.isDown = true;
    await expect(verify(token)).rejects.toMatchObject({ code: 'ISSUER_UNAVAILABLE', retryable: true });
    issuer.isDown = false;
    expect(await verify(token)).not.toBeNull();
    for (const says of [{ issuer: 'https://example.org' }, { jwks_uri: 'http://keys.example.org/jwks' }, { jwks_uri: 7 }]) {
      issuer.says = says;
      await expect(verifierOf()(token)).rejects.toMatchObject({ code: 'ISSUER_UNAVAILABLE' });
    }
  });

  it('leave API keys as they are', async () => {
    const principal = { keyId: 'key_1', keyName: 'k', workspaceId: 'ws_1', role: 'viewer' } as const;
    const keys: Parameters<typeof withTokens>[0] = { holderOf: ({ keyId }) => Promise.resolve(keyId === 'key_1' ? principal : null), authenticate: (secret) => Promise.resolve(secret === 'ut_key' || secret === 'dots.in.key' ? principal : null) };
    const both = withTokens(keys, verifierOf());
    expect(await both.authenticate('ut_key', '127.0.0.1')).toBe(principal);
    expect(await both.authenticate('dots.in.key', '127.0.0.1')).toBe(principal);
    expect(await both.authenticate('ut_other', '127.0.0.1')).toBeNull();
    expect(await both.holderOf({ workspaceId: 'ws_1', keyId: 'key_1' }, '127.0.0.1')).toBe(principal);
    expect(await both.holderOf({ workspaceId: 'ws_1', keyId: 'key_2' }, '127.0.0.1')).toBeNull();
  });

  it('let a link of their holder read until they end, though no row knows them', async () => {
    const principal = (await verifierOf()(await issuer.token({ roles: ['admin'] }, { expires: nowSeconds() + 600 })))!;
    expect(Math.abs(principal.validUntil!.getTime() / 1000 - nowSeconds() - 600)).toBeLessThan(30);
    const both = withTokens({ authenticate: () => Promise.resolve(null), holderOf: () => Promise.resolve(null) }, verifierOf());
    expect(await both.holderOf(principal, '127.0.0.1')).toMatchObject({ keyId: principal.keyId, workspaceId: 'ws_1', role: 'viewer' });
  });
});
