import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Database } from './database.js';

/** pgvector's limit for an HNSW index over halfvec. Wider embeddings are searched exactly. */
export const MAX_INDEXED_DIMENSION = 4_000;
/** Any fixed number of ours, so that two nodes do not build the same index at once. */
const INDEX_LOCK = 5_270_931;
const POLL_MS = 500;
/** How long a valid index is taken for granted: asking costs a connection, more than storing a short clip's result. One that somebody drops meanwhile only makes searches exact, and slower. */
const TRUSTED_MS = 600_000;

/** One index a model and dimension; the name holds a digest because a model's id may be longer than a name may be. */
export function embeddingIndexName(modelId: string, dimension: number): string {
  return `Embedding_hnsw_${createHash('sha256').update(modelId).digest('hex').slice(0, 16)}_${dimension}`;
}

/** `ensureEmbeddingIndex` that asks the database again only for what it has not seen valid lately: it is called after every analysis. */
export function createEmbeddingIndexes(db: Database, now: () => number = Date.now): (modelId: string, dimension: number) => Promise<void> {
  const validUntilMs = new Map<string, number>();
  return async (modelId, dimension) => {
    const name = embeddingIndexName(modelId, dimension);
    if ((validUntilMs.get(name) ?? 0) > now()) return;
    await ensureEmbeddingIndex(db, modelId, dimension);
    validUntilMs.set(name, now() + TRUSTED_MS);
  };
}

/**
 * Makes the partial HNSW index of a model unless it is there, without blocking writers; one that a crash left half
 * built is built again, and other nodes wait for the one that builds.
 *
 * The embedded database has none and searches exactly (about 0.1 s over 20,000 vectors of 1,024): there an index costs
 * 5 to 200 ms for each vector stored, in the one session that everybody waits for, so that storing a long recording
 * would stop the platform for minutes.
 */
async function ensureEmbeddingIndex(db: Database, modelId: string, dimension: number): Promise<void> {
  if (db.embedded || !Number.isInteger(dimension) || dimension < 1 || dimension > MAX_INDEXED_DIMENSION) return;
  const name = embeddingIndexName(modelId, dimension);
  // A connection of its own: no statement timeout, and a lock that ends with it.
  const client = new pg.Client({ connectionString: db.connectionString, application_name: 'undertone-index', connectionTimeoutMillis: 20_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    while ((await indexState(client, name)) !== 'valid') {
      const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [INDEX_LOCK]);
      if (rows[0]?.locked) await build(client, name, modelId, dimension);
      // Trying instead of waiting inside the database: a waiting statement would hold up the concurrent build itself.
      else await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    await client.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await client.end();
  }
}

async function build(client: pg.Client, name: string, modelId: string, dimension: number): Promise<void> {
  const state = await indexState(client, name);
  if (state === 'valid') return;
  if (state === 'invalid') await client.query(`DROP INDEX CONCURRENTLY IF EXISTS "${name}"`);
  await client.query(
    `CREATE INDEX CONCURRENTLY IF NOT EXISTS "${name}" ON "Embedding" USING hnsw (("vector"::halfvec(${dimension})) halfvec_cosine_ops)
     WHERE "modelId" = ${client.escapeLiteral(modelId)} AND "kind" = 'SEGMENT' AND "dimension" = ${dimension}`,
  );
}

async function indexState(client: pg.Client, name: string): Promise<'missing' | 'invalid' | 'valid'> {
  const { rows } = await client.query<{ indisvalid: boolean }>('SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)', [`"${name}"`]);
  return rows[0] === undefined ? 'missing' : rows[0].indisvalid ? 'valid' : 'invalid';
}
