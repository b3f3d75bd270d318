import { newId } from '../domain/ids.js';
import type { Database, Transaction } from './database.js';
import { Prisma } from './generated/client.js';
import { encodeVectorArray } from './vector-format.js';

/** Vectors in one statement: bounds the memory of a long recording's result to a few MB at a time. */
const VECTORS_PER_STATEMENT = 500;

export interface EmbeddingOwner {
  readonly workspaceId: string;
  readonly analysisId: string;
  readonly modelId: string;
  readonly modelDigest: string;
}

export interface EmbeddingRow {
  /** Null: of the whole recording. */
  readonly segmentId: string | null;
  /** Null or empty for what was not judged: it has no row. */
  readonly values: Float32Array | null;
}

const vectorTypes = new WeakMap<Database, number>();

/** pgvector's own number for its type, which differs from database to database. */
async function vectorType(db: Database, tx: Transaction): Promise<number> {
  const known = vectorTypes.get(db);
  if (known !== undefined) return known;
  const [type] = await tx.$queryRaw<{ oid: number | bigint }[]>`SELECT 'vector'::regtype::oid::int8 AS oid`;
  vectorTypes.set(db, Number(type!.oid));
  return Number(type!.oid);
}

/** Statements that insert the vectors, each made when it is asked for. */
export async function embeddingInserts(db: Database, tx: Transaction, owner: EmbeddingOwner, rows: readonly EmbeddingRow[]): Promise<(() => Prisma.Sql)[]> {
  const embeddings = rows.flatMap(({ segmentId, values }) => (values === null || values.length === 0 ? [] : [{ segmentId, values }]));
  const type = await vectorType(db, tx);
  return Array.from({ length: Math.ceil(embeddings.length / VECTORS_PER_STATEMENT) }, (_, i) => () => {
    const batch = embeddings.slice(i * VECTORS_PER_STATEMENT, (i + 1) * VECTORS_PER_STATEMENT);
    const vectors = encodeVectorArray(batch.map(({ values }) => values), type);
    return Prisma.sql`
      INSERT INTO "Embedding" ("id", "workspaceId", "analysisId", "segmentId", "modelId", "modelDigest", "kind", "dimension", "vector")
      SELECT row."id", ${owner.workspaceId}, ${owner.analysisId}, row."segmentId", ${owner.modelId}, ${owner.modelDigest},
        (CASE WHEN row."segmentId" IS NULL THEN 'UTTERANCE' ELSE 'SEGMENT' END)::"EmbeddingKind", vector_dims(row."vector"), row."vector"
      FROM unnest(${batch.map(() => newId('embedding'))}::text[], ${batch.map(({ segmentId }) => segmentId)}::text[], ${vectors}::vector[]) AS row ("id", "segmentId", "vector")`;
  });
}
