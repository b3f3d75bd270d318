import { createHash } from 'node:crypto';
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { UndertoneError } from '../domain/errors.js';
import { ROLES, type Principal, type Role } from '../domain/principal.js';
import type { OidcSettings } from '../domain/settings.js';
import type { KeyService } from '../services/key-contracts.js';
import { isSafeAddress } from './safe-listen.js';

/** Asymmetric ones alone: with HS256 the public key would be the secret, and `none` is no signature. */
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
const CLOCK_SKEW_SECONDS = 60;
const FETCH_TIMEOUT_MS = 5000;
/** Between two looks at the issuer's keys: tokens with made-up key ids must not become requests to it. */
const COOLDOWN_MS = 30_000;
const KEYS_MAX_AGE_MS = 600_000;
const MAX_NAME_LENGTH = 100;
/** No id of a key begins with it. */
const TOKEN_HOLDER = 'oidc_';
const LOOKS_LIKE_TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

export interface TokenParts {
  readonly settings: OidcSettings;
  /** The workspace of tokens that name none, where the settings have no claim for it. */
  readonly defaultWorkspaceId: string;
  readonly workspaceExists: (id: string) => Promise<boolean>;
  readonly cooldownMs?: number;
}

type LettingIn = Pick<KeyService, 'authenticate' | 'holderOf'>;
export type TokenVerifier = (token: string) => Promise<Principal | null>;

/** API keys and, for what looks like one, tokens of the issuer. */
export function withTokens(keys: LettingIn, verify: TokenVerifier | null): LettingIn {
  if (verify === null) return keys;
  return {
    authenticate: async (secret, address) => (LOOKS_LIKE_TOKEN.test(secret) ? await verify(secret) : null) ?? (await keys.authenticate(secret, address)),
    // Nobody but the issuer knows whether a token's holder is still welcome, so a link of one was signed to end with the token.
    holderOf: async (link, address) => (link.keyId.startsWith(TOKEN_HOLDER) ? { ...link, keyName: 'token holder', role: 'viewer' } : keys.holderOf(link, address)),
  };
}

/**
 * Checks access tokens of one OpenID Connect issuer: signature by a key of its JWKS (algorithms pinned), issuer, audience,
 * expiry. Null for a token that is wrong in any way; ISSUER_UNAVAILABLE when its keys cannot be read, so that nobody
 * throws a good token away.
 */
export function createTokenVerifier(parts: TokenParts): TokenVerifier {
  const { settings, cooldownMs = COOLDOWN_MS } = parts;
  const knownWorkspaces = new Set<string>();
  let keySet: Promise<JWTVerifyGetKey> | null = null;
  let failedAtMs = -Infinity;

  async function keysOfIssuer(): Promise<JWTVerifyGetKey> {
    if (keySet === null && Date.now() - failedAtMs < cooldownMs) throw unavailable();
    keySet ??= discover(settings.issuer, cooldownMs).catch((error: unknown) => {
      keySet = null;
      failedAtMs = Date.now();
      throw unavailable(error);
    });
    return keySet;
  }

  async function isWorkspace(id: string): Promise<boolean> {
    if (!knownWorkspaces.has(id) && (await parts.workspaceExists(id))) knownWorkspaces.add(id);
    return knownWorkspaces.has(id);
  }

  return async (token) => {
    const payload = await payloadOf(token, await keysOfIssuer(), settings);
    const { sub } = payload ?? {};
    if (payload === null || sub === undefined || sub === '') return null;
    const role = highestRole(claimOf(payload, settings.roleClaim));
    const workspaceId = settings.workspaceClaim === null ? parts.defaultWorkspaceId : claimOf(payload, settings.workspaceClaim);
    if (role === null || typeof workspaceId !== 'string' || !(await isWorkspace(workspaceId))) return null;
    const keyId = `${TOKEN_HOLDER}${createHash('sha256').update(`${settings.issuer}\n${sub}`).digest('hex').slice(0, 26)}`;
    return { keyId, keyName: sub.slice(0, MAX_NAME_LENGTH), workspaceId, role, validUntil: new Date((payload.exp ?? 0) * 1000) };
  };
}

async function payloadOf(token: string, keys: JWTVerifyGetKey, { issuer, audience }: OidcSettings): Promise<JWTPayload | null> {
  try {
    return (await jwtVerify(token, keys, { issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_SKEW_SECONDS, requiredClaims: ['exp', 'sub'] })).payload;
  } catch (error) {
    // Everything of jose's but these says that the token is wrong; a plain one, that the keys were not to be had.
    if (error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC' && !(error instanceof errors.JWKSTimeout) && !(error instanceof errors.JWKSInvalid)) return null;
    throw unavailable(error);
  }
}

/** The issuer's own document says where its keys are; one that names another issuer is not its own. */
async function discover(issuer: string, cooldownMs: number): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`, { redirect: 'error', signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`The issuer answered ${response.status}.`);
  const found = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown } | null;
  if (found?.issuer !== issuer || typeof found.jwks_uri !== 'string' || !URL.canParse(found.jwks_uri)) throw new Error('The configuration of the issuer is not its own.');
  const url = new URL(found.jwks_uri);
  if (!isSafeAddress(url)) throw new Error('The keys of the issuer are not at an https address.');
  return createRemoteJWKSet(url, { timeoutDuration: FETCH_TIMEOUT_MS, cooldownDuration: cooldownMs, cacheMaxAge: KEYS_MAX_AGE_MS, [customFetch]: (address, init) => fetch(address, { ...init, redirect: 'error' }) });
}

/** By its whole name, or down a path such as `realm_access.roles`. */
function claimOf(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const key of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function highestRole(claim: unknown): Role | null {
  const given: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return ROLES.findLast((role) => given.includes(role)) ?? null;
}

function unavailable(cause?: unknown): UndertoneError {
  return new UndertoneError('ISSUER_UNAVAILABLE', 'The keys of the OpenID Connect issuer (UNDERTONE_OIDC_ISSUER) cannot be read just now, so the token could not be checked. Try again, or use an API key.', { retryAfterMs: FETCH_TIMEOUT_MS }, { cause });
}
