import pg from 'pg';
import { visibleWorkspace } from '../domain/workspace-scope.js';

type Connected = (error: Error | undefined, client: pg.PoolClient | undefined, done: (release?: unknown) => void) => void;

const ignore = (): void => undefined;
/** What the policies of the tables compare a row's workspace with. */
const TELL = "SELECT set_config('undertone.workspace', $1, false)";

/**
 * A pool whose connections show the rows of the workspace alone that the asking work is for. A connection remembers whom
 * it was bound to last, so that the round trip is paid when the workspace changes on it and not with each statement. One
 * that cannot be bound is thrown away, never handed out.
 */
export class WorkspacePool extends pg.Pool {
  readonly #boundTo = new WeakMap<pg.PoolClient, string>();

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<pg.PoolClient> | void {
    // Now, and not when a connection is free: it may be freed by work for somebody else.
    const workspaceId = visibleWorkspace();
    const bound = super.connect().then((client) => this.#bind(client, workspaceId));
    if (callback === undefined) return bound;
    bound.then((client) => callback(undefined, client, client.release.bind(client) as Parameters<Connected>[2]), (error: unknown) => callback(error as Error, undefined, () => undefined));
  }

  async #bind(client: pg.PoolClient, workspaceId: string): Promise<pg.PoolClient> {
    if (this.#boundTo.get(client) === workspaceId) return client;
    this.#boundTo.delete(client);
    // A connection that breaks meanwhile rejects the statement; without a listener it would end the process as well.
    client.on('error', ignore);
    try {
      await bindToWorkspace(client, workspaceId);
    } catch (error) {
      client.release(error instanceof Error ? error : true);
      throw error;
    } finally {
      client.off('error', ignore);
    }
    this.#boundTo.set(client, workspaceId);
    return client;
  }
}

/** For a connection of its own on a server. The embedded database has one session for all and a role that sees everything: nothing is to be said there. */
export async function bindToWorkspace(client: Pick<pg.ClientBase, 'query'>, workspaceId: string): Promise<void> {
  await client.query(TELL, [workspaceId]);
}
