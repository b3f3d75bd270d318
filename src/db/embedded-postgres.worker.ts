import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { DurableNodeFs, fsyncPath } from './durable-node-fs.js';
import { WireServer } from './wire-server.js';

/**
 * The embedded PostgreSQL, in a thread of its own because a query holds its event loop for as long as it runs.
 * Started by embedded-postgres.ts, which holds the lock of the folder.
 */
export interface EmbeddedWorkerData {
  /** PostgreSQL's own folder; made when missing. */
  readonly clusterDir: string;
  readonly socketPath: string;
  readonly idleInTransactionMs: number;
}

export type EmbeddedWorkerMessage = { readonly kind: 'ready' } | { readonly kind: 'closed' };

/** PGlite's own start parameters without `-F` (which turns fsync off), and with the one sync method that reaches our fsync. */
const START_PARAMETERS = [...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'), '-c', 'wal_sync_method=fsync'];

async function openCluster(directory: string): Promise<PGlite> {
  return PGlite.create({ fs: new DurableNodeFs(directory), extensions: { vector }, startParams: START_PARAMETERS });
}

/**
 * Makes and opens a new cluster. A kill in the middle must not pass for a database at the next start, so a marker
 * beside the folder stands from before the first byte until the last one is on disk.
 */
async function createCluster(directory: string, marker: string): Promise<PGlite> {
  rmSync(directory, { recursive: true, force: true });
  closeSync(openSync(marker, 'w', 0o600));
  fsyncPath(dirname(directory));
  mkdirSync(directory, { mode: 0o700 });
  const database = await openCluster(directory);
  makeDurable(directory);
  rmSync(marker);
  fsyncPath(dirname(directory));
  return database;
}

/** All files at once where the system can (a tenth of a second); one by one otherwise (a thousand files, seconds). */
function makeDurable(directory: string): void {
  if (spawnSync('sync', ['--file-system', directory], { stdio: 'ignore' }).status === 0) return;
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) fsyncPath(join(directory, name));
  fsyncPath(directory);
}

async function main(): Promise<void> {
  const { clusterDir, socketPath, idleInTransactionMs } = workerData as EmbeddedWorkerData;
  const marker = `${clusterDir}.incomplete`;
  const isComplete = existsSync(join(clusterDir, 'PG_VERSION')) && !existsSync(marker);
  const database = isComplete ? await openCluster(clusterDir) : await createCluster(clusterDir, marker);
  let sink: (chunk: Uint8Array) => void = () => undefined;
  const server = new WireServer(
    {
      exchange: (messages, onData) => {
        sink = onData;
        database.execProtocolRawStream(messages, { syncToFs: false, onRawData: (chunk) => sink(chunk) }).catch((error: unknown) => {
          // A trap in the WebAssembly code leaves the session in an unknown state: end here, recover from the log at the next start.
          throw error;
        });
      },
    },
    { idleInTransactionMs },
  );
  await server.listen(socketPath);
  const port = parentPort!;
  port.on('message', () => {
    void (async () => {
      await server.close();
      await database.close();
      port.postMessage({ kind: 'closed' } satisfies EmbeddedWorkerMessage);
      port.close();
    })();
  });
  port.postMessage({ kind: 'ready' } satisfies EmbeddedWorkerMessage);
}

await main();
