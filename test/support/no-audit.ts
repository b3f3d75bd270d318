import type { AuditSink } from '../../src/services/audit.js';

/** For what is tested without a database: what is written down is tested with one. */
export const noAudit: AuditSink = { record: () => Promise.resolve() };
