import type { Scope } from './scopes.js';

export const ROLES = ['viewer', 'analyst', 'admin'] as const;
/** Each role may do what the ones before it may. */
export type Role = (typeof ROLES)[number];

/** Who asks: the key that was checked, never the key itself. */
export interface Principal {
  readonly keyId: string;
  readonly keyName: string;
  readonly workspaceId: string;
  readonly role: Role;
  /** Where given, of the role's scopes only these. */
  readonly scopes?: readonly Scope[];
  /** When what it was let in by ends, where that cannot be asked for again later: a token's own end. */
  readonly validUntil?: Date;
}

export function roleAllows(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
