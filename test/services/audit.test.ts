import { expect, it } from 'vitest';
import { AUDIT_GENESIS, auditHash } from '../../src/domain/audit.js';
import { openEmbeddedTestDatabase } from '../support/test-database.js';
import { describeAudit } from './audit.contract.js';

describeAudit('the embedded database', openEmbeddedTestDatabase);

it('an event from before there were addresses keeps its hash', () => {
  const event = {
    id: 'aud_1', workspaceId: 'ws_1', sequence: 1, at: new Date(Date.UTC(2026, 0, 1)), actorKeyId: 'key_1', actorName: 'admin', action: 'hold.placed', subjectKind: 'hold', subjectId: 'hold_1', subjectIds: [],
    reason: 'a case', requestId: null, address: null, beforeDigest: null, afterDigest: null, previousHash: AUDIT_GENESIS,
  };
  // Computed by the version before: SHA-256 over the fourteen fields as JSON.
  expect(auditHash(event)).toBe('cb9e08211ef80c3794c1b192e893317091916764ccc6f728a0f8e9bdcbd4e4d5');
  expect(auditHash({ ...event, address: '192.0.2.1' })).not.toBe(auditHash(event));
  expect(auditHash({ ...event, subjectIds: ['a', 'b'] })).not.toBe(auditHash({ ...event, subjectIds: ['a'] }));
});
