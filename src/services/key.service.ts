import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { ApiKeyRepository } from '../db/repositories.js';
import { digestOf } from '../domain/audit.js';
import { notFound, UndertoneError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { networksOf, parseNetwork } from '../domain/networks.js';
import { ROLES, type Principal, type Role } from '../domain/principal.js';
import type { ApiKeyRecord } from '../domain/records.js';
import { allowsScope, roleScopes, SCOPES, scopesOf, type Scope } from '../domain/scopes.js';
import { asSystem, inWorkspace } from '../domain/workspace-scope.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';
import { recording, systemPrincipal, type AuditSink } from './audit.js';
import type { KeyService } from './key-contracts.js';

export const DEFAULT_WORKSPACE_ID = 'ws_default';
const PREFIX_LENGTH = 9;
/** How long a checked key is believed without asking the database. A key revoked on this node is forgotten at once. */
const BELIEVED_MS = 5000;
const MAX_BELIEVED = 1000;
/** Longest time that two secrets of one key work. */
const MAX_OVERLAP_SECONDS = 30 * 24 * 3600;

const network = z.string().max(64).refine((text) => parseNetwork(text) !== null, 'must be a network such as 10.0.0.0/8 or 2001:db8::/32');
const keyInputSchema = z.object({
  name: z.string().trim().min(1).max(100), role: z.enum(ROLES), expiresAt: z.date().nullable(),
  scopes: z.array(z.enum(SCOPES)).min(1, 'must name at least one scope; leave it out for all of the role').nullish().transform((scopes) => [...new Set(scopes)]),
  allowedNetworks: z.array(network).max(50).nullish().transform((networks) => networks ?? []),
});
type KeyInput = z.output<typeof keyInputSchema>;
const overlapSchema = z.number().int().min(0).max(MAX_OVERLAP_SECONDS);

export interface OperatorKeyService extends KeyService {
  /** Makes the default workspace where it is not there, and lets the key of the settings in. */
  prepare(givenSecret: string | null): Promise<void>;
  /** To be called by a server alone, which shows it: makes an admin key when there is none, and returns its secret. */
  makeFirstAdminKey(): Promise<string | null>;
  countActive(): Promise<number>;
}

interface Believed {
  readonly record: ApiKeyRecord;
  readonly isAllowedFrom: (address: string) => boolean;
  readonly untilMs: number;
}

export function createKeyService(keys: ApiKeyRepository, audit: AuditSink, now: () => number = Date.now): OperatorKeyService {
  const believed = new Map<string, Believed>();

  async function insert(actor: Principal, input: Omit<KeyInput, 'scopes'> & { readonly scopes?: readonly Scope[] }, secret: string): Promise<ApiKeyRecord> {
    const id = newId('apiKey');
    const { name, role, expiresAt, allowedNetworks, scopes = [] } = input;
    return keys.insert({ id, workspaceId: actor.workspaceId, ...input, scopes, prefix: secret.slice(0, PREFIX_LENGTH), hash: hashOf(secret) },
      recording(audit, actor, { action: 'key.made', subjectKind: 'apiKey', subjectId: id, afterDigest: digestOf([name, role, expiresAt, scopes, allowedNetworks]) }));
  }

  function believe(name: string, record: ApiKeyRecord): Believed {
    if (believed.size >= MAX_BELIEVED) believed.clear();
    const networks = record.allowedNetworks.length === 0 ? null : networksOf(record.allowedNetworks);
    const entry = { record, isAllowedFrom: (address: string) => networks === null || networks.has(address), untilMs: now() + BELIEVED_MS };
    believed.set(name, entry);
    return entry;
  }

  /** What is believed under a name, or what the database says. */
  async function knownAs(name: string, read: () => Promise<ApiKeyRecord | null>): Promise<(Believed & { readonly isNew: boolean }) | null> {
    const known = believed.get(name);
    if (known !== undefined && known.untilMs > now()) return { ...known, isNew: false };
    believed.delete(name);
    // Whose it is, is what is asked.
    const record = await asSystem(read);
    return record === null ? null : { ...believe(name, record), isNew: true };
  }

  function lets({ record: { revokedAt, expiresAt }, isAllowedFrom }: Believed, address: string): boolean {
    return revokedAt === null && (expiresAt === null || expiresAt.getTime() > now()) && isAllowedFrom(address);
  }

  /** Nobody hands out more than they have: a key for making keys alone would otherwise be every key. */
  function refuseMoreThanOwn(principal: Principal, given: Pick<Principal, 'role' | 'scopes'>): void {
    const missing = scopesOf(given).find((scope) => !allowsScope(principal, scope));
    if (missing !== undefined) throw new UndertoneError('FORBIDDEN', `The key would have the scope "${missing}", which the key that was sent does not have. Name fewer scopes, or use a key that has them all.`, { neededScope: missing, neededRole: 'admin' });
  }

  return {
    async authenticate(secret, address) {
      // The index finds the hash of a 256-bit secret: time tells about hashes only, which an attacker cannot steer.
      const hash = hashOf(secret);
      const known = await knownAs(hash.toString('base64'), () => keys.findByHash(hash));
      if (known === null || !lets(known, address)) return null;
      const { record, isNew } = known;
      // Only a use that was let in counts as one.
      if (isNew) await inWorkspace(record.workspaceId, () => keys.touch(record.id));
      return { keyId: record.id, keyName: record.name, workspaceId: record.workspaceId, ...allowanceOf(record) };
    },

    async holderOf({ workspaceId, keyId }, address) {
      const known = await knownAs(`id ${workspaceId} ${keyId}`, () => keys.findById(workspaceId, keyId));
      return known === null || !lets(known, address) ? null : { keyId, keyName: known.record.name, workspaceId, ...allowanceOf(known.record) };
    },

    async create(principal, input) {
      requireScope(principal, 'keys:admin');
      const parsed = parseWith(keyInputSchema, input);
      const { role, scopes, expiresAt } = parsed;
      if (expiresAt !== null && expiresAt.getTime() <= now()) {
        throw new UndertoneError('BAD_INPUT', 'expiresAt lies in the past; give a future time, or leave it out for a key without an end.', { field: 'expiresAt' });
      }
      const beyond = scopes.find((scope) => !roleScopes(role).has(scope));
      if (beyond !== undefined) throw new UndertoneError('BAD_INPUT', `The role "${role}" does not have the scope "${beyond}"; it has ${[...roleScopes(role)].join(', ')}.`, { field: 'scopes' });
      refuseMoreThanOwn(principal, { role, ...(scopes.length === 0 ? {} : { scopes }) });
      const secret = makeSecret();
      return { apiKey: await insert(principal, parsed, secret), secret };
    },

    async list(principal) {
      requireScope(principal, 'keys:admin');
      return keys.list(principal.workspaceId);
    },

    async rotate(principal, id, overlapSeconds) {
      requireScope(principal, 'keys:admin');
      const overlap = overlapSchema.safeParse(overlapSeconds);
      if (!overlap.success) throw new UndertoneError('BAD_INPUT', `overlapSeconds must be a whole number from 0 to ${MAX_OVERLAP_SECONDS}.`, { field: 'overlapSeconds' });
      const record = await keys.findById(principal.workspaceId, id);
      if (record === null) throw notFound('API key', id);
      refuseMoreThanOwn(principal, allowanceOf(record));
      const secret = makeSecret();
      const apiKey = await keys.rotate(principal.workspaceId, id, { hash: hashOf(secret), prefix: secret.slice(0, PREFIX_LENGTH), previousUntil: new Date(now() + overlap.data * 1000) }, recording(audit, principal, { action: 'key.rotated', subjectKind: 'apiKey', subjectId: id }));
      if (apiKey === null) throw new UndertoneError('CONFLICT', `The API key ${id.slice(0, 64)} is revoked; make a new one.`, { id: id.slice(0, 64) });
      believed.clear();
      return { apiKey, secret };
    },

    async revoke(principal, id) {
      requireScope(principal, 'keys:admin');
      const record = await keys.revoke(principal.workspaceId, id, recording(audit, principal, { action: 'key.revoked', subjectKind: 'apiKey', subjectId: id }));
      if (record === null) throw notFound('API key', id);
      believed.clear();
      return record;
    },

    prepare: (givenSecret) => asSystem(async () => {
      await keys.ensureWorkspace(DEFAULT_WORKSPACE_ID, 'Default');
      if (givenSecret === null || (await keys.findByHash(hashOf(givenSecret))) !== null) return;
      // Any number of nodes start with the same key at the same moment: the unique hash lets one through.
      await insert(systemPrincipal(DEFAULT_WORKSPACE_ID), wholeAdmin('admin from settings'), givenSecret).catch(async (error: unknown) => {
        if ((await keys.findByHash(hashOf(givenSecret))) === null) throw error;
      });
    }),

    makeFirstAdminKey: () => asSystem(async () => {
      if ((await keys.countActive('admin')) > 0) return null;
      const secret = makeSecret();
      await insert(systemPrincipal(DEFAULT_WORKSPACE_ID), wholeAdmin('first admin'), secret);
      return secret;
    }),

    countActive: () => asSystem(() => keys.countActive()),
  };
}

/** A scope that is stored and no longer known allows nothing. */
function allowanceOf({ role, scopes }: ApiKeyRecord): Pick<Principal, 'role' | 'scopes'> {
  return scopes.length === 0 ? { role } : { role, scopes: SCOPES.filter((scope) => scopes.includes(scope)) };
}

function wholeAdmin(name: string): Omit<KeyInput, 'scopes'> & { readonly role: Role } {
  return { name, role: 'admin', expiresAt: null, allowedNetworks: [] };
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/** `ut_` and 256 random bits. */
function makeSecret(): string {
  return `ut_${randomBytes(32).toString('base64url')}`;
}
