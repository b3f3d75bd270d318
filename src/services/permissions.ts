import { UndertoneError } from '../domain/errors.js';
import { roleAllows, type Principal, type Role } from '../domain/principal.js';

/** Throws FORBIDDEN unless the principal's role reaches `needed`. Every use case begins with it. */
export function requireRole(principal: Principal, needed: Role): void {
  if (roleAllows(principal.role, needed)) return;
  throw new UndertoneError('FORBIDDEN', `This needs the role "${needed}"; the key that was sent has "${principal.role}".`, { neededRole: needed });
}
