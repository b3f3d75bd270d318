import type { Principal, Role } from '../domain/principal.js';
import type { ApiKeyRecord } from '../domain/records.js';

export interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  readonly expiresAt: Date | null;
  /** Of the role's scopes only these; all when absent. */
  readonly scopes?: readonly string[] | null;
  /** Networks (CIDR) that it may be used from; everywhere when absent. */
  readonly allowedNetworks?: readonly string[] | null;
}

export interface KeyService {
  /** Constant-time by construction: looks the SHA-256 up. Null when unknown, expired, revoked or not for use from this address. */
  authenticate(secret: string, address: string): Promise<Principal | null>;
  /**
   * Who a link or session that this key began speaks for, with what the key may do now. Null when the key is revoked,
   * expired or not for use from this address; another node may believe a revoked one for five seconds.
   */
  holderOf(key: Pick<Principal, 'workspaceId' | 'keyId'>, address: string): Promise<Principal | null>;
  /** BAD_INPUT; FORBIDDEN when the key would have a scope that the caller does not have. */
  create(principal: Principal, input: NewApiKey): Promise<{ readonly apiKey: ApiKeyRecord; readonly secret: string }>;
  /** Another secret for the same key; the present one works for `overlapSeconds` more. NOT_FOUND; CONFLICT for a revoked one. */
  rotate(principal: Principal, id: string, overlapSeconds: number): Promise<{ readonly apiKey: ApiKeyRecord; readonly secret: string }>;
  list(principal: Principal): Promise<readonly ApiKeyRecord[]>;
  revoke(principal: Principal, id: string): Promise<ApiKeyRecord>;
}
