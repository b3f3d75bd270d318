import { UndertoneError } from '../../src/domain/errors.js';
import { roleAllows, type Principal, type Role } from '../../src/domain/principal.js';
import type { ApiKeyRecord } from '../../src/domain/records.js';
import type { KeyService } from '../../src/services/key-contracts.js';

/** Keys by their secret. */
export function fakeKeys(world: { readonly keys: Map<string, ApiKeyRecord>; addKey(secret: string, role: Role, workspaceId: string): ApiKeyRecord }): KeyService {
  const need = (principal: Principal, role: Role): void => {
    if (!roleAllows(principal.role, role)) throw new UndertoneError('FORBIDDEN', `This needs the role ${role}; the key has ${principal.role}.`, { neededRole: role });
  };
  return {
    authenticate: (secret) => {
      const key = world.keys.get(secret);
      return Promise.resolve(key === undefined || key.revokedAt !== null ? null : { keyId: key.id, keyName: key.name, workspaceId: key.workspaceId, role: key.role });
    },
    holderOf: ({ keyId, workspaceId }) => {
      const key = [...world.keys.values()].find((one) => one.id === keyId && one.workspaceId === workspaceId && one.revokedAt === null);
      return Promise.resolve(key === undefined ? null : { keyId, keyName: key.name, workspaceId, role: key.role });
    },
    create: async (principal, input) => {
      need(principal, 'admin');
      if (input.name.trim() === '') throw new UndertoneError('BAD_INPUT', 'A key needs a name.', { field: 'name' });
      return Promise.resolve({ apiKey: world.addKey(input.name, input.role, principal.workspaceId), secret: input.name });
    },
    list: async (principal) => {
      need(principal, 'admin');
      return Promise.resolve([...world.keys.values()].filter((key) => key.workspaceId === principal.workspaceId));
    },
    rotate: async (principal, id) => {
      need(principal, 'admin');
      const entry = [...world.keys].find(([, key]) => key.id === id && key.workspaceId === principal.workspaceId);
      if (entry === undefined) throw new UndertoneError('NOT_FOUND', 'There is no such key.', { id });
      world.keys.set(`${entry[0]}-next`, entry[1]);
      return Promise.resolve({ apiKey: entry[1], secret: `${entry[0]}-next` });
    },
    revoke: async (principal, id) => {
      need(principal, 'admin');
      const entry = [...world.keys].find(([, key]) => key.id === id && key.workspaceId === principal.workspaceId);
      if (entry === undefined) throw new UndertoneError('NOT_FOUND', 'There is no such key.', { id });
      const revoked = { ...entry[1], revokedAt: new Date() };
      world.keys.set(entry[0], revoked);
      return Promise.resolve(revoked);
    },
  };
}
