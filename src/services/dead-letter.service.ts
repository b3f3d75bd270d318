import type { Database } from '../db/database.js';
import type { EvaluationRepository } from '../db/evaluation.repository.js';
import type { AnalysisRepository } from '../db/repositories.js';
import { digestOf } from '../domain/audit.js';
import { UndertoneError } from '../domain/errors.js';
import type { EventBus } from '../domain/events.js';
import type { Principal } from '../domain/principal.js';
import type { Page } from '../domain/records.js';
import type { DeadLetter, JobName, JobQueue } from '../queue/job-queue.js';
import { decodeCursor, encodeCursor } from '../db/keyset-cursor.js';
import type { AuditSink } from './audit.js';
import { requireScope } from './permissions.js';
import type { DeadLetterService } from './service-contracts.js';

/** A dead letter as admins see it. */
export interface DeadLetterView extends DeadLetter {
  /** The analysis that it was about, for jobs of analyses. */
  readonly analysisId: string | null;
}

export interface DeadLetterServiceParts {
  readonly database: Database;
  readonly queue: Pick<JobQueue, 'deadLetters' | 'takeDeadLetter' | 'wake'>;
  readonly analyses: Pick<AnalysisRepository, 'reopen'>;
  readonly evaluations: Pick<EvaluationRepository, 'reopenRun'>;
  readonly events: EventBus;
  readonly audit: AuditSink;
}

const LIST = 'dead-letters';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function createDeadLetterService({ database, queue, analyses, evaluations, events, audit }: DeadLetterServiceParts): DeadLetterService {
  function notFound(id: string): UndertoneError {
    return new UndertoneError('NOT_FOUND', `There is no dead letter ${id.slice(0, 64)}; it may have been retried or discarded by somebody else.`, { id: id.slice(0, 64) });
  }

  async function take(principal: Principal, id: string, again: boolean): Promise<DeadLetter> {
    return database.transaction(async (tx) => {
      const taken = await queue.takeDeadLetter(tx, principal.workspaceId, id, { again });
      if (taken === null) throw notFound(id);
      // A throw undoes the taking as well: the letter stays on the list.
      if (again && taken.job === 'analyze-recording' && !(await analyses.reopen(tx, principal.workspaceId, taken.key))) {
        throw new UndertoneError('CONFLICT', `The analysis ${taken.key.slice(0, 64)} of this dead letter was deleted, cancelled or has succeeded since; there is nothing to retry. Discard the dead letter.`, { id: taken.key.slice(0, 64) });
      }
      if (again && taken.job === 'run-evaluation' && !(await evaluations.reopenRun(tx, principal.workspaceId, taken.key))) {
        throw new UndertoneError('CONFLICT', `The evaluation run ${taken.key.slice(0, 64)} of this dead letter was deleted, cancelled or has succeeded since; there is nothing to retry. Discard the dead letter.`, { id: taken.key.slice(0, 64) });
      }
      await audit.record(tx, principal, { action: again ? 'dead-letter.retried' : 'dead-letter.discarded', subjectKind: 'dead-letter', subjectId: id, beforeDigest: digestOf([taken.job, taken.key]) });
      return taken;
    });
  }

  return {
    async list(principal, page) {
      requireScope(principal, 'jobs:admin');
      const { items, totalCount } = await queue.deadLetters(principal.workspaceId, { first: page.first + 1, before: positionOf(page.after) });
      const shown = items.slice(0, page.first);
      return {
        items: shown.map(view), cursors: shown.map(({ failedAt, id }) => encodeCursor(LIST, [failedAt.getTime(), id])), hasNextPage: items.length > page.first, totalCount,
      } satisfies Page<DeadLetterView>;
    },
    async retry(principal, id) {
      requireScope(principal, 'jobs:admin');
      const letter = await take(principal, id, true);
      queue.wake(letter.job as JobName);
      if (letter.job === 'analyze-recording') events.publish({ kind: 'analysis.progress', workspaceId: principal.workspaceId, analysisId: letter.key, status: 'QUEUED', progress: 0 });
      return view(letter);
    },
    async discard(principal, id) {
      requireScope(principal, 'jobs:admin');
      return view(await take(principal, id, false));
    },
  };
}

function positionOf(after: string | null): { readonly failedAt: Date; readonly id: string } | null {
  if (after === null) return null;
  const [time, id] = decodeCursor(LIST, after, ['time', 'string']) as [number, string];
  if (!UUID.test(id)) throw new UndertoneError('BAD_CURSOR', '`after` is not a cursor of this list. Take it from `pageInfo.endCursor` of the same query, or leave it out to start again.');
  return { failedAt: new Date(time), id };
}

function view(letter: DeadLetter): DeadLetterView {
  return { ...letter, analysisId: letter.job === 'analyze-recording' ? letter.key : null };
}
