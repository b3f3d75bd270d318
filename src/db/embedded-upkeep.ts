import type { PrismaClient } from './generated/client.js';

/** Log written since the last checkpoint before the next one: bounds the disk it takes and the recovery after a kill (about a second). */
const CHECKPOINT_AFTER_BYTES = 64 * 1024 * 1024;
/** As autovacuum would: a table is cleaned when so many rows and this share of it have changed. */
const CHANGED_ROWS = 2_000;
const CHANGED_SHARE = 0.2;

/**
 * One round of what a server's background processes do, and the embedded database has none of: without checkpoints its
 * log grows for ever, without vacuum its tables do. One statement at a time, so that others get their turn in between.
 * Answers what was done.
 */
export async function keepUp(client: PrismaClient): Promise<{ readonly checkpointed: boolean; readonly vacuumed: readonly string[] }> {
  const changed = await client.$queryRaw<{ name: string }[]>`
    SELECT format('%I.%I', schemaname, relname) AS name FROM pg_stat_user_tables
    WHERE greatest(n_dead_tup, n_mod_since_analyze) > ${CHANGED_ROWS}::float8 + ${CHANGED_SHARE}::float8 * n_live_tup`;
  // The names come quoted from the catalogue.
  for (const { name } of changed) await client.$executeRawUnsafe(`VACUUM (ANALYZE) ${name}`);
  // After the cleaning, which writes to the log itself.
  const [log] = await client.$queryRaw<{ bytes: number }[]>`SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::float8 AS bytes FROM pg_control_checkpoint()`;
  const checkpointed = (log?.bytes ?? 0) > CHECKPOINT_AFTER_BYTES;
  if (checkpointed) await client.$executeRaw`CHECKPOINT`;
  return { checkpointed, vacuumed: changed.map(({ name }) => name) };
}
