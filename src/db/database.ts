import type { PrismaClient, Prisma } from './generated/client.js';

/** A Prisma client inside a transaction. Never use the outer client while one is open: the embedded database has one transaction at a time and would deadlock. */
export type Transaction = Prisma.TransactionClient;

export interface Database {
  readonly client: PrismaClient;
  /** Where plain PostgreSQL clients (pg-boss, COPY, LISTEN) connect. */
  readonly connectionString: string;
  readonly embedded: boolean;
  /** Whether the database itself keeps workspaces apart (docs/decisions/0102): a server, and a role that policies bind. */
  readonly hasWall: boolean;
  /** Whether searches in arrays use their indexes behind it, which a superuser has to allow once (deploy/database.sql). */
  readonly wallKeepsIndexes: boolean;
  /** Names of the migrations that this opening applied. */
  readonly appliedMigrations: readonly string[];
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** One cheap round trip; throws DATABASE_UNAVAILABLE. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
