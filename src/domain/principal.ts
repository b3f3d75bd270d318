export const ROLES = ['viewer', 'analyst', 'admin'] as const;
/** Each role may do what the ones before it may. */
export type Role = (typeof ROLES)[number];

/** Who asks: the key that was checked, never the key itself. */
export interface Principal {
  readonly keyId: string;
  readonly keyName: string;
  readonly workspaceId: string;
  readonly role: Role;
}

export function roleAllows(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
