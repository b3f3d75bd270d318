import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { OperationKind } from './schema-walk.js';

export interface Operation {
  readonly operation: OperationKind;
  readonly document: string;
  readonly takesFile: boolean;
}

/** Rounds of a query on the same socket after which a subscription that has said nothing has been let in: a refusal comes before anything is read. */
const ROUNDS = 5;

/** The answer as text; of a subscription its first message, whatever it is, or with `mayBeSilent` also `silent` once it is plain that it was let in. */
export async function askWith(url: string, secret: string, operation: Operation, variables: Record<string, unknown>, { file = Buffer.from('none'), mayBeSilent = false }: { readonly file?: Buffer; readonly mayBeSilent?: boolean } = {}): Promise<string> {
  return operation.operation === 'subscription' ? firstOf(url, secret, operation.document, variables, mayBeSilent) : send(url, secret, operation, variables, file);
}

export function socketOf(url: string, secret: string): ReturnType<typeof createClient> {
  return createClient({ url: `${url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${secret}` }, retryAttempts: 0 });
}

async function send(url: string, secret: string, { document, takesFile }: Operation, variables: Record<string, unknown>, file: Buffer): Promise<string> {
  const headers = { Authorization: `Bearer ${secret}`, 'apollo-require-preflight': 'true' };
  const operations = JSON.stringify({ query: document, variables: takesFile ? { ...variables, file: null } : variables });
  if (!takesFile) return (await fetch(`${url}/graphql`, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: operations })).text();
  const form = new FormData();
  form.append('operations', operations);
  form.append('map', JSON.stringify({ 0: ['variables.file'] }));
  form.append('0', new Blob([Uint8Array.from(file)]), 'shared.wav');
  return (await fetch(`${url}/graphql`, { method: 'POST', headers, body: form })).text();
}

async function firstOf(url: string, secret: string, query: string, variables: Record<string, unknown>, mayBeSilent: boolean): Promise<string> {
  const connection = socketOf(url, secret);
  const first = async (document: string, given: Record<string, unknown>): Promise<string> => {
    try {
      for await (const message of connection.iterate({ query: document, variables: given })) return JSON.stringify(message);
      return 'ended';
    } catch (error) {
      return JSON.stringify(error);
    }
  };
  const letIn = async (): Promise<string> => {
    for (let round = 0; round < ROUNDS; round++) await first('{ viewer { role } }', {});
    return 'silent';
  };
  try {
    return await (mayBeSilent ? Promise.race([first(query, variables), letIn()]) : first(query, variables));
  } finally {
    await connection.dispose();
  }
}
