import { stringifyWithColumns } from '../domain/number-column.js';
import { ID_VARIABLES, type DeliveryRecord, type DeliveryVariables, type WebhookEvent, type WebhookRecord } from '../domain/webhook.js';

/** Larger answers of a query are left out, and the delivery says so: a receiver should ask for them by id. */
export const MAX_BODY_BYTES = 256 * 1024;
const QUERY_DEADLINE_MS = 30_000;

/** GraphQL as a webhook may use it; made where the schema is. */
export interface StoredQueries {
  /** What is wrong with a query, for people; empty when it may be stored. */
  faults(query: string, events: readonly WebhookEvent[]): readonly string[];
  /** As a viewer of the workspace. Rejects only where the query cannot be run at all. */
  run(workspaceId: string, query: string, variables: DeliveryVariables, signal: AbortSignal): Promise<{ readonly data: unknown; readonly errors: readonly object[] }>;
}

/** The bytes of a delivery, made anew on every try from what is true then: nothing of them is kept. */
export type WebhookBody = (delivery: DeliveryRecord, webhook: Pick<WebhookRecord, 'query'>, signal: AbortSignal) => Promise<Buffer>;

export function createWebhookBody(queries: StoredQueries): WebhookBody {
  return async ({ id, event, workspaceId, variables, createdAt }, { query }, signal) => {
    const ids = Object.fromEntries(ID_VARIABLES.flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]]])));
    const envelope = { id, type: event, timestamp: createdAt.toISOString(), workspaceId, ids, ...(variables.figures === undefined ? {} : { figures: variables.figures }) };
    // A test is about nothing: the query would be asked for an object that is not there.
    const answer = query === null || event === 'webhook.test' ? { data: null, errors: [] } : await answerOf(queries, workspaceId, query, variables, signal);
    const whole = Buffer.from(stringifyWithColumns({ ...envelope, data: answer.data, ...(answer.errors.length === 0 ? {} : { errors: answer.errors }) }));
    if (whole.length <= MAX_BODY_BYTES) return whole;
    return Buffer.from(JSON.stringify({ ...envelope, data: null, errors: [fault(`The answer of the stored query makes ${whole.length} bytes; a delivery has at most ${MAX_BODY_BYTES}. Ask for less, or for the rest by id.`, 'QUERY_TOO_COMPLEX')] }));
  };
}

async function answerOf(queries: StoredQueries, workspaceId: string, query: string, variables: DeliveryVariables, signal: AbortSignal): Promise<{ readonly data: unknown; readonly errors: readonly object[] }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ data: null; errors: object[] }>((resolve) => {
    timer = setTimeout(() => resolve({ data: null, errors: [fault(`The stored query took longer than ${QUERY_DEADLINE_MS / 1000} s. Ask for less.`, 'QUERY_TOO_COMPLEX')] }), QUERY_DEADLINE_MS);
  });
  return Promise.race([queries.run(workspaceId, query, variables, signal), late]).finally(() => clearTimeout(timer));
}

function fault(message: string, code: string): object {
  return { message, extensions: { code } };
}
