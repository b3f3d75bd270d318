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
}

export function roleAllows(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
