import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { SessionRecord, SessionRepository } from '../db/session.repository.js';
import { newId } from '../domain/ids.js';
import type { Principal } from '../domain/principal.js';
import { asSystem, inWorkspace } from '../domain/workspace-scope.js';
import { recording, type AuditSink } from './audit.js';
import type { KeyService } from './key-contracts.js';
import { DEFAULT_WORKSPACE_ID } from './key.service.js';

/** A working day: whoever comes back the next morning signs in anew. */
export const SESSION_SECONDS = 12 * 3600;
/** How long a session is believed without asking the database. One that is ended on this node is forgotten at once. */
const BELIEVED_MS = 5000;
const MAX_BELIEVED = 1000;

export interface OpenedSession {
  /** For the cookie alone; nothing else may show it. */
  readonly secret: string;
  readonly csrfToken: string;
  readonly expiresAt: Date;
}

/** Browsers that are signed in: the key itself stays out of the page's reach, and every sign-in can be ended from anywhere. */
export interface SessionService {
  open(principal: Principal): Promise<OpenedSession>;
  /** Null when unknown, ended or expired, or when its key no longer holds for this address; another node may believe an ended one for five seconds. */
  authenticate(secret: string, address: string): Promise<Principal | null>;
  /** What a request that changes something must say beside the cookie: a page of another origin cannot read it. */
  csrfTokenOf(secret: string): string;
  isCsrfToken(secret: string, given: unknown): boolean;
  close(secret: string): Promise<void>;
  /** Ends every session of the caller's key, this one included. How many there were. */
  closeAll(principal: Principal): Promise<number>;
  /** Writes down that somebody tried to sign in with something that is not let in. In the default workspace: whose it would be nobody knows. */
  refused(): Promise<void>;
}

export function createSessionService(sessions: SessionRepository, keys: Pick<KeyService, 'holderOf'>, audit: AuditSink, now: () => number = Date.now): SessionService {
  const believed = new Map<string, { readonly record: SessionRecord; readonly untilMs: number }>();

  async function recordOf(secret: string): Promise<SessionRecord | null> {
    const hash = hashOf(secret);
    const name = hash.toString('base64');
    const known = believed.get(name);
    if (known !== undefined && known.untilMs > now()) return known.record;
    believed.delete(name);
    const record = await asSystem(() => sessions.findByHash(hash));
    if (record === null) return null;
    if (believed.size >= MAX_BELIEVED) believed.clear();
    believed.set(name, { record, untilMs: now() + BELIEVED_MS });
    return record;
  }
  const csrfTokenOf = (secret: string): string => createHmac('sha256', secret).update('csrf').digest('base64url');

  return {
    async open(principal) {
      const { workspaceId, keyId, keyName, role, validUntil } = principal;
      const id = newId('session');
      const secret = randomBytes(32).toString('base64url');
      const expiresAt = new Date(Math.min(now() + SESSION_SECONDS * 1000, validUntil?.getTime() ?? Infinity));
      await sessions.insert({ id, workspaceId, keyId, keyName, tokenRole: validUntil === undefined ? null : role, expiresAt, hash: hashOf(secret) }, new Date(now()), recording(audit, principal, { action: 'session.opened', subjectKind: 'session', subjectId: id }));
      return { secret, csrfToken: csrfTokenOf(secret), expiresAt };
    },

    async authenticate(secret, address) {
      const record = await recordOf(secret);
      if (record === null || record.expiresAt.getTime() <= now()) return null;
      const { workspaceId, keyId, keyName, tokenRole, expiresAt: validUntil } = record;
      if (tokenRole !== null) return { workspaceId, keyId, keyName, role: tokenRole, validUntil };
      const holder = await keys.holderOf({ workspaceId, keyId }, address);
      return holder === null ? null : { ...holder, validUntil };
    },

    csrfTokenOf,
    isCsrfToken(secret, given) {
      const expected = Buffer.from(csrfTokenOf(secret));
      const token = Buffer.from(typeof given === 'string' ? given : '');
      return token.length === expected.length && timingSafeEqual(token, expected);
    },

    async close(secret) {
      const record = await asSystem(() => sessions.findByHash(hashOf(secret)));
      if (record !== null) {
        const { id, workspaceId, keyId, keyName, tokenRole } = record;
        await inWorkspace(workspaceId, () => sessions.delete(workspaceId, id, recording(audit, { workspaceId, keyId, keyName, role: tokenRole ?? 'viewer' }, { action: 'session.closed', subjectKind: 'session', subjectId: id })));
      }
      believed.clear();
    },

    async closeAll(principal) {
      const { workspaceId, keyId } = principal;
      const count = await sessions.deleteOfKey(workspaceId, keyId, recording(audit, principal, { action: 'session.closed-everywhere', subjectKind: 'apiKey', subjectId: keyId }));
      believed.clear();
      return count;
    },

    refused: () => inWorkspace(DEFAULT_WORKSPACE_ID, () => audit.record(null, { keyId: 'unknown', keyName: 'unknown', workspaceId: DEFAULT_WORKSPACE_ID, role: 'viewer' }, { action: 'session.refused', subjectKind: 'session', subjectId: 'none' })),
  };
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}
