import { AsyncLocalStorage } from 'node:async_hooks';

/** What the log says of whose work it is: ids alone. */
export interface WorkIds {
  readonly requestId?: string;
  readonly analysisId?: string;
  readonly evaluationRunId?: string;
  readonly traceId?: string;
}

/** Follows the work through everything that it awaits, so that no part has to hand ids on to its log. */
export const workIds = new AsyncLocalStorage<WorkIds>();
