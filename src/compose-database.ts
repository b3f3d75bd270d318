import type { Logger } from 'pino';
import type { Database } from './db/database.js';
import { openDatabase } from './db/open-database.js';
import type { Settings } from './domain/settings.js';

/** The database of the settings; says once where it does not keep workspaces apart itself. */
export async function composeDatabase({ databaseUrl, dataDir }: Settings, log: Logger): Promise<Database> {
  const database = await openDatabase({ url: databaseUrl ?? undefined, dataDir, log });
  if (!database.embedded && !database.hasWall) log.warn('the role of DATABASE_URL passes by row-level security: the database does not keep workspaces apart, only the queries do; use an ordinary role (docs/deploy.md)');
  return database;
}
