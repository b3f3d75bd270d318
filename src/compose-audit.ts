import type { Logger } from 'pino';
import { createAuditRepository } from './db/audit.repository.js';
import type { Database } from './db/database.js';
import type { AnalysisRepository } from './db/repositories.js';
import { createAuditSink, type AuditSink } from './services/audit.js';
import { createReadLog, type ReadLog } from './services/read-log.js';

export interface Audit {
  readonly audit: AuditSink;
  /** To be flushed before the database closes. */
  readonly readLog: (analyses: Pick<AnalysisRepository, 'findByIds'>) => ReadLog;
}

/** What everybody writes who did what into. */
export function composeAudit(database: Database, log: Logger): Audit {
  const repository = createAuditRepository(database);
  return {
    audit: createAuditSink(repository),
    readLog: (analyses) => createReadLog({
      repository, onFailure: (error) => log.warn({ err: error }, 'reads could not be written to the audit log; trying again'),
      recordingsOf: async (workspaceId, ids) => (await analyses.findByIds(workspaceId, ids)).map(({ recordingId }) => recordingId),
    }),
  };
}
