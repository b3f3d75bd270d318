import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { ApiKeyRepository } from '../db/repositories.js';
import { UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { ROLES, type Principal, type Role } from '../domain/principal.js';
import type { ApiKeyRecord } from '../domain/records.js';
import { requireRole } from './permissions.js';
import { parseWith } from './recording-input.js';
import type { KeyService } from './service-contracts.js';

export const DEFAULT_WORKSPACE_ID = 'ws_default';
const PREFIX_LENGTH = 9;
/** How long a checked key is believed without asking the database. A key revoked on this node is forgotten at once. */
const BELIEVED_MS = 5000;
const MAX_BELIEVED = 1000;

const keyInputSchema = z.object({ name: z.string().trim().min(1).max(100), role: z.enum(ROLES), expiresAt: z.date().nullable() });

export interface OperatorKeyService extends KeyService {
  /** Makes the default workspace where it is not there, and lets the key of the settings in. */
  prepare(givenSecret: string | null): Promise<void>;
  /** To be called by a server alone, which shows it: makes an admin key when there is none, and returns its secret. */
  makeFirstAdminKey(): Promise<string | null>;
  countActive(): Promise<number>;
}

export function createKeyService(keys: ApiKeyRepository, now: () => number = Date.now): OperatorKeyService {
  const believed = new Map<string, { readonly record: ApiKeyRecord; readonly untilMs: number }>();

  async function insert(workspaceId: string, name: string, role: Role, expiresAt: Date | null, secret: string): Promise<ApiKeyRecord> {
    return keys.insert({ id: newId('apiKey'), workspaceId, name, role, prefix: secret.slice(0, PREFIX_LENGTH), expiresAt, hash: hashOf(secret) });
  }

  function believe(name: string, record: ApiKeyRecord): void {
    if (believed.size >= MAX_BELIEVED) believed.clear();
    believed.set(name, { record, untilMs: now() + BELIEVED_MS });
  }

  function isGood({ revokedAt, expiresAt }: ApiKeyRecord): boolean {
    return revokedAt === null && (expiresAt === null || expiresAt.getTime() > now());
  }

  async function recordOf(hash: Buffer): Promise<ApiKeyRecord | null> {
    const name = hash.toString('base64');
    const known = believed.get(name);
    if (known !== undefined && known.untilMs > now()) return known.record;
    believed.delete(name);
    const record = await keys.findByHash(hash);
    if (record === null) return null;
    believe(name, record);
    await keys.touch(record.id);
    return record;
  }

  return {
    async authenticate(secret) {
      // The index finds the hash of a 256-bit secret: time tells about hashes only, which an attacker cannot steer.
      const record = await recordOf(hashOf(secret));
      if (record === null || !isGood(record)) return null;
      return { keyId: record.id, keyName: record.name, workspaceId: record.workspaceId, role: record.role };
    },

    async isActive({ workspaceId, keyId }) {
      const name = `id ${workspaceId} ${keyId}`;
      const known = believed.get(name);
      const record = known !== undefined && known.untilMs > now() ? known.record : await keys.findById(workspaceId, keyId);
      if (record === null) return false;
      if (record !== known?.record) believe(name, record);
      return isGood(record);
    },

    async create(principal, input) {
      requireRole(principal, 'admin');
      const { name, role, expiresAt } = parseWith(keyInputSchema, input);
      if (expiresAt !== null && expiresAt.getTime() <= now()) {
        throw new UndertoneError('BAD_INPUT', 'expiresAt lies in the past; give a future time, or leave it out for a key without an end.', { field: 'expiresAt' });
      }
      const secret = makeSecret();
      return { apiKey: await insert(principal.workspaceId, name, role, expiresAt, secret), secret };
    },

    async list(principal) {
      requireRole(principal, 'admin');
      return keys.list(principal.workspaceId);
    },

    async revoke(principal: Principal, id) {
      requireRole(principal, 'admin');
      const record = await keys.revoke(principal.workspaceId, id);
      if (record === null) throw new UndertoneError('NOT_FOUND', `There is no API key ${id.slice(0, 64)}.`, { id: id.slice(0, 64) });
      believed.clear();
      return record;
    },

    async prepare(givenSecret) {
      await keys.ensureWorkspace(DEFAULT_WORKSPACE_ID, 'Default');
      if (givenSecret === null || (await keys.findByHash(hashOf(givenSecret))) !== null) return;
      // Any number of nodes start with the same key at the same moment: the unique hash lets one through.
      await insert(DEFAULT_WORKSPACE_ID, 'admin from settings', 'admin', null, givenSecret).catch(async (error: unknown) => {
        if ((await keys.findByHash(hashOf(givenSecret))) === null) throw error;
      });
    },

    async makeFirstAdminKey() {
      if ((await keys.countActive('admin')) > 0) return null;
      const secret = makeSecret();
      await insert(DEFAULT_WORKSPACE_ID, 'first admin', 'admin', null, secret);
      return secret;
    },

    countActive: () => keys.countActive(),
  };
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/** `ut_` and 256 random bits. */
function makeSecret(): string {
  return `ut_${randomBytes(32).toString('base64url')}`;
}
