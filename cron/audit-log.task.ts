import type { ScheduledTask } from '../src/domain/scheduled-task.js';
import type { AuditService } from '../src/services/audit.js';
import { coreTask, MINUTE_MS } from './core-task.js';

/** Every night: the audit log is kept as long as the setting says, by default for ever. */
export function auditLogTask(audit: Pick<AuditService, 'pruneAll'>): ScheduledTask {
  return coreTask({
    id: 'audit-log',
    description: 'Forgets events of the audit log that are older than UNDERTONE_AUDIT_DAYS; what is left stays verifiable.',
    schedule: '50 3 * * *',
    timeoutMs: 30 * MINUTE_MS,
    work: (signal, isDryRun) => audit.pruneAll(signal, isDryRun),
  });
}
