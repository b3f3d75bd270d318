import { roleAllows, type Principal, type Role } from './principal.js';

/** What a key may be allowed, one use case at a time. Stable: they are stored with keys and shown in the API. */
export const SCOPES = [
  'recordings:read', 'recordings:write', 'recordings:delete',
  'analyses:read', 'analyses:write',
  'models:read', 'models:admin',
  'usage:read',
  'rules:read', 'rules:write', 'alerts:read', 'alerts:write',
  'reviews:read', 'reviews:write',
  'evaluations:read', 'evaluations:write',
  'retention:read', 'retention:admin',
  'audit:read', 'webhooks:admin', 'jobs:admin', 'policy:admin', 'keys:admin',
] as const;
export type Scope = (typeof SCOPES)[number];

/** The smallest role that has a scope; each role has the scopes of the ones before it. */
function smallestRole(scope: Scope): Role {
  if (scope.endsWith(':admin') || scope.endsWith(':delete') || scope === 'audit:read') return 'admin';
  return scope.endsWith(':read') ? 'viewer' : 'analyst';
}

export const ROLE_OF_SCOPE = Object.fromEntries(SCOPES.map((scope) => [scope, smallestRole(scope)])) as Readonly<Record<Scope, Role>>;

const upTo = (role: Role): ReadonlySet<Scope> => new Set(SCOPES.filter((scope) => roleAllows(role, ROLE_OF_SCOPE[scope])));
const SCOPES_OF_ROLE: Readonly<Record<Role, ReadonlySet<Scope>>> = { viewer: upTo('viewer'), analyst: upTo('analyst'), admin: upTo('admin') };

export function roleScopes(role: Role): ReadonlySet<Scope> {
  return SCOPES_OF_ROLE[role];
}

/** A narrowed key may do what is in its list and in its role: a list never gives more than the role. */
export function allowsScope({ role, scopes }: Pick<Principal, 'role' | 'scopes'>, scope: Scope): boolean {
  return SCOPES_OF_ROLE[role].has(scope) && (scopes === undefined || scopes.includes(scope));
}

export function scopesOf(principal: Pick<Principal, 'role' | 'scopes'>): Scope[] {
  return SCOPES.filter((scope) => allowsScope(principal, scope));
}
