import { AsyncLocalStorage } from 'node:async_hooks';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { UndertoneError } from '../domain/errors.js';
import type { Database } from './database.js';
import { isUnavailable, translateDatabaseError } from './database-errors.js';
import { keepUp } from './embedded-upkeep.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { PrismaClient } from './generated/client.js';
import { migrate } from './migrations.js';
import { WorkspacePool } from './workspace-pool.js';

/** The part of a logger (pino's shape) that is used here. */
export interface DatabaseLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface OpenDatabaseOptions {
  /** Any PostgreSQL with pgvector. Without it the embedded database in `dataDir` is used. */
  readonly url?: string | undefined;
  readonly dataDir: string;
  readonly log: DatabaseLog;
  /** Connections for the repositories. The embedded database works them off one by one whatever their number. */
  readonly poolSize?: number;
  /** Longest wait for a free connection of the pool. */
  readonly acquireTimeoutMs?: number;
  /** How long to keep trying while the server does not answer yet (it may be starting beside us). */
  readonly connectTimeoutMs?: number;
}

const STATEMENT_TIMEOUT_MS = 30_000;
const IDLE_IN_TRANSACTION_MS = 60_000;
const UPKEEP_INTERVAL_MS = 60_000;
/** Under load a transaction of the embedded database waits for those before it; Prisma's defaults (2 s and 5 s) would fail it. */
const TRANSACTION_OPTIONS = { maxWait: 30_000, timeout: 60_000 };

/**
 * Opens the database and brings it up to date. One process at a time may open the embedded one.
 *
 * Throws CONFIG_INVALID, DATA_DIR_LOCKED, DATABASE_UNAVAILABLE, MIGRATION_FAILED.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { url, dataDir, log } = options;
  if (url !== undefined && !/^postgres(ql)?:\/\//.test(url)) {
    throw new UndertoneError('CONFIG_INVALID', 'DATABASE_URL must begin with postgresql:// (unset it for the embedded database).');
  }
  const embedded = url === undefined ? await startEmbeddedPostgres(dataDir) : null;
  const connectionString = embedded?.connectionString ?? url!;
  let isClosing = false;
  void embedded?.ended.then((cause) => {
    if (cause !== null) log.error({ err: cause }, 'the embedded database ended by itself; restart the process, nothing acknowledged is lost');
  });
  const pool = new (embedded === null ? WorkspacePool : pg.Pool)({
    connectionString,
    max: options.poolSize ?? (embedded === null ? 10 : 6),
    application_name: 'undertone',
    connectionTimeoutMillis: options.acquireTimeoutMs ?? 20_000,
    keepAlive: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  });
  pool.on('error', (err) => {
    if (!isClosing) log.error({ err }, 'a database connection broke; it is made anew when needed');
  });
  const client = withTranslatedErrors(new PrismaClient({ adapter: new PrismaPg(pool), transactionOptions: TRANSACTION_OPTIONS }));
  const upkeep = setInterval(() => {
    if (embedded !== null && !isClosing) keepUp(client).catch((err: unknown) => log.error({ err }, 'the upkeep of the embedded database failed; trying again in a minute'));
  }, UPKEEP_INTERVAL_MS).unref();
  const close = async (): Promise<void> => {
    if (isClosing) return;
    isClosing = true;
    clearInterval(upkeep);
    await client.$disconnect();
    await pool.end();
    await embedded?.close();
  };
  let appliedMigrations: readonly string[];
  let wall = { hasWall: false, wallKeepsIndexes: false };
  try {
    await waitUntilReachable(connectionString, options.connectTimeoutMs ?? 15_000);
    appliedMigrations = await migrate(connectionString);
    if (appliedMigrations.length > 0) log.info({ migrations: appliedMigrations }, 'database brought up to date');
    if (embedded === null) wall = await wallOf(pool);
  } catch (error) {
    await close();
    throw translateDatabaseError(error);
  }
  const inTransaction = new AsyncLocalStorage<true>();
  return {
    client,
    connectionString,
    embedded: embedded !== null,
    ...wall,
    appliedMigrations,
    transaction: async (work) => {
      if (inTransaction.getStore()) throw new Error('A transaction was opened inside another one: the embedded database has one at a time, and would wait for itself.');
      try {
        return await inTransaction.run(true, () => client.$transaction(work));
      } catch (error) {
        // The statements inside are translated already; its beginning and end are not.
        throw translateDatabaseError(error);
      }
    },
    ping: async () => {
      await client.$queryRaw`SELECT 1`;
    },
    close,
  };
}

function withTranslatedErrors(client: PrismaClient): PrismaClient {
  const extended = client.$extends({
    query: {
      $allOperations: async ({ args, query }) => {
        try {
          return await (query(args) as Promise<unknown>);
        } catch (error) {
          throw translateDatabaseError(error);
        }
      },
    },
  });
  // The extension changes no type of any method, which Prisma's own types cannot say.
  return extended as unknown as PrismaClient;
}

/** Policies do not bind a superuser, or a role with BYPASSRLS. */
async function wallOf(pool: pg.Pool): Promise<Pick<Database, 'hasWall' | 'wallKeepsIndexes'>> {
  const { rows } = await pool.query<{ hasWall: boolean; wallKeepsIndexes: boolean }>(`
    SELECT row_security_active('"Recording"') AS "hasWall",
      (SELECT bool_and(proleakproof) FROM pg_proc WHERE oid IN ('arraycontains(anyarray,anyarray)'::regprocedure, 'arrayoverlap(anyarray,anyarray)'::regprocedure, 'enum_eq(anyenum,anyenum)'::regprocedure)) AS "wallKeepsIndexes"`);
  return rows[0]!;
}

async function waitUntilReachable(connectionString: string, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const probe = new pg.Client({ connectionString, connectionTimeoutMillis: Math.max(1000, timeoutMs) });
    probe.on('error', () => undefined);
    try {
      await probe.connect();
      return;
    } catch (error) {
      if (!isUnavailable(error) || isRefusal(error) || Date.now() >= deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    } finally {
      await probe.end().catch(() => undefined);
    }
  }
}

/** A wrong password or a missing database does not get better by waiting. */
function isRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^(28|3D)/.test(code);
}
