import { AsyncLocalStorage } from 'node:async_hooks';

/** Whose work it is: ids, which the log says, and the client's address, which it does not. */
export interface WorkIds {
  readonly requestId?: string;
  /** For the audit log alone. */
  readonly address?: string;
  readonly analysisId?: string;
  readonly evaluationRunId?: string;
  readonly traceId?: string;
}

/** Follows the work through everything that it awaits, so that no part has to hand ids on to its log. */
export const workIds = new AsyncLocalStorage<WorkIds>();
