import type { Principal } from '../domain/principal.js';
import { boundTo } from '../domain/workspace-scope.js';

/**
 * Every use case, bound to the workspace of the principal that it is called with: whatever edge the call came over, its
 * statements see the rows of that workspace alone. A call without a principal stays where it is, which for a request is
 * nowhere.
 */
export function withWorkspaceScope<T extends object>(services: T): T {
  return Object.fromEntries(Object.entries(services).map(([name, service]: [string, object]) => [name, scoped(service)])) as T;
}

export function scoped<T extends object>(service: T): T {
  return Object.fromEntries(Object.entries(service).map(([name, method]: [string, unknown]) => [name, isMethod(method) ? bound(method) : method])) as T;
}

type Method = (...args: unknown[]) => unknown;

const isMethod = (value: unknown): value is Method => typeof value === 'function';

function bound(method: Method): Method {
  return (...args) => (isPrincipal(args[0]) ? boundTo(args[0].workspaceId, () => method(...args)) : method(...args));
}

function isPrincipal(value: unknown): value is Principal {
  const { keyId, workspaceId, role } = (value ?? {}) as Partial<Principal>;
  return typeof keyId === 'string' && typeof workspaceId === 'string' && typeof role === 'string';
}
