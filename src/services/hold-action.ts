import type { HoldRepository } from '../db/retention-repositories.js';
import { newId } from '../domain/ids.js';
import type { AuditSink } from './audit.js';
import type { RuleActionHandler } from './rule-engine.js';

/**
 * The action `hold` of rules: keeps the recording from every deletion until somebody releases it. One for each rule and
 * recording, however often it fires: each would have to be released.
 */
export function holdRecording(holds: Pick<HoldRepository, 'lock' | 'insert' | 'isPlacedBy'>, audit: AuditSink): RuleActionHandler {
  return async (tx, { alert: { id: alertId, workspaceId, ruleId, ruleName, recordingId }, input }) => {
    await holds.lock(tx, workspaceId);
    if (await holds.isPlacedBy(tx, workspaceId, recordingId, ruleId)) return;
    const reason = `${input['reason'] as string} (rule “${ruleName}”, alert ${alertId})`;
    const hold = await holds.insert(tx, { id: newId('legalHold'), workspaceId, scope: 'RECORDING', recordingId, externalId: null, subjectHash: null, filter: null, reason, placedBy: ruleId, placedAt: new Date() }, []);
    await audit.record(tx, { keyId: ruleId, keyName: 'rule', workspaceId, role: 'admin' }, { action: 'hold.placed', subjectKind: 'legal-hold', subjectId: hold.id, reason });
  };
}
