import { UndertoneError } from '../domain/errors.js';
import { roleAllows, type Principal, type Role } from '../domain/principal.js';
import { allowsScope, roleScopes, SCOPE_TABLE, type Scope } from '../domain/scopes.js';

/** Throws FORBIDDEN unless the principal has the scope. Every use case begins with it. */
export function requireScope(principal: Principal, scope: Scope): void {
  if (allowsScope(principal, scope)) return;
  const neededRole = SCOPE_TABLE[scope].role;
  const has = roleAllows(principal.role, neededRole) ? 'was made without it' : `has the role "${principal.role}", and the role "${neededRole}" has it`;
  throw new UndertoneError('FORBIDDEN', `This needs the scope "${scope}"; the key that was sent ${has}.`, { neededScope: scope, neededRole });
}

/** For fields of plugins, which state a role alone. A key with fewer scopes than its role is refused: what it may not be given must not be guessed. */
export function requireRole(principal: Principal, needed: Role): void {
  const isWhole = principal.scopes === undefined || [...roleScopes(needed)].every((scope) => allowsScope(principal, scope));
  if (roleAllows(principal.role, needed) && isWhole) return;
  throw new UndertoneError('FORBIDDEN', `This needs the role "${needed}" with all its scopes; the key that was sent has "${principal.role}"${isWhole ? '' : ' with some of them'}.`, { neededRole: needed });
}
