import type { EmbeddingRecord, SimilarityFilter, SimilarMatch } from '../domain/records.js';
import { SEGMENT_COLUMNS, toSegment, type SegmentRow } from './analysis-rows.js';
import type { Database, Transaction } from './database.js';
import { createEmbeddingIndexes, MAX_INDEXED_DIMENSION } from './embedding-index.js';
import { Prisma } from './generated/client.js';
import type { EmbeddingRepository } from './repositories.js';
import { decodeVector, encodeVector } from './vector-format.js';

/** Up to this many candidates are compared one by one (some 20 ms at 1,024 dimensions), which is exact; more go through the index. */
export const EXACT_UP_TO = 5_000;
/** Width of the index's search: recall .96 at 100 against .94 at 40, for 1 ms. */
const EF_SEARCH = 100;

type EmbeddingRow = Omit<EmbeddingRecord, 'values'> & { readonly bytes: Uint8Array };

const COLUMNS = Prisma.raw(`e."id", e."workspaceId", e."analysisId", e."segmentId", e."modelId", e."modelDigest", e."kind"::text AS kind, e."dimension", vector_send(e."vector") AS bytes`);

export function createEmbeddingRepository(db: Database): EmbeddingRepository {
  const find = async (condition: Prisma.Sql): Promise<EmbeddingRecord[]> => {
    const rows = await db.client.$queryRaw<EmbeddingRow[]>`SELECT ${COLUMNS} FROM "Embedding" e WHERE ${condition}`;
    return rows.map(({ bytes, ...row }) => ({ ...row, values: decodeVector(bytes) }));
  };
  return {
    findById: async (workspaceId, id) => (await find(Prisma.sql`e."id" = ${id} AND e."workspaceId" = ${workspaceId}`))[0] ?? null,
    findForAnalysis: async (workspaceId, analysisId) =>
      (await find(Prisma.sql`e."analysisId" = ${analysisId} AND e."workspaceId" = ${workspaceId} AND e."kind" = 'UTTERANCE'`))[0] ?? null,
    findForSegments: (workspaceId, segmentIds) => find(Prisma.sql`e."segmentId" = ANY(${[...segmentIds]}::text[]) AND e."workspaceId" = ${workspaceId}`),
    similarSegments: (workspaceId, to, first, filter) => similarSegments(db, workspaceId, to, first, filter),
    ensureIndex: createEmbeddingIndexes(db),
  };
}

type MatchRow = SegmentRow & { readonly recordingId: string; readonly similarity: number };

async function similarSegments(db: Database, workspaceId: string, to: EmbeddingRecord, first: number, filter: SimilarityFilter): Promise<readonly SimilarMatch[]> {
  const source = Prisma.sql`"Embedding" e JOIN "Segment" s ON s."id" = e."segmentId" JOIN "Analysis" a ON a."id" = e."analysisId" JOIN "Recording" r ON r."id" = a."recordingId"`;
  const where = Prisma.join(conditions(workspaceId, to, filter), ' AND ');
  const target = Prisma.sql`${encodeVector(to.values)}::vector`;
  const similarity = Prisma.sql`1 - (e."vector" <=> ${target})`;
  return db.transaction(async (tx) => {
    const isIndexed = !db.embedded && to.dimension <= MAX_INDEXED_DIMENSION;
    const isSmall = !isIndexed || (await countUpTo(tx, source, where)) <= EXACT_UP_TO;
    if (!isSmall) {
      await tx.$executeRaw`SET LOCAL hnsw.iterative_scan = strict_order`;
      await tx.$executeRaw`SET LOCAL hnsw.ef_search = ${Prisma.raw(String(Math.min(1000, Math.max(EF_SEARCH, 2 * first))))}`;
    }
    const half = Prisma.raw(`halfvec(${Math.trunc(to.dimension)})`);
    const distance = isSmall ? Prisma.sql`e."vector" <=> ${target}` : Prisma.sql`(e."vector"::${half}) <=> (${target}::${half})`;
    // The index orders by half precision: take some more than asked, and let full precision decide among them.
    const taken = isSmall ? first : Math.min(2 * first + 10, 1000);
    const rows = await tx.$queryRaw<MatchRow[]>`
      SELECT ${SEGMENT_COLUMNS}, a."recordingId", ${similarity} AS similarity FROM ${source} WHERE ${where} ORDER BY ${distance} LIMIT ${taken}`;
    return rows
      .filter((row) => row.similarity >= (filter.minSimilarity ?? -Infinity))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, first)
      .map((row) => ({ segment: toSegment(row), analysisId: row.analysisId, recordingId: row.recordingId, similarity: row.similarity }));
  });
}

/** Counts no further than is needed to choose. */
async function countUpTo(tx: Transaction, source: Prisma.Sql, where: Prisma.Sql): Promise<number> {
  const [counted] = await tx.$queryRaw<{ count: bigint }[]>`SELECT count(*) AS count FROM (SELECT 1 FROM ${source} WHERE ${where} LIMIT ${EXACT_UP_TO + 1}) candidates`;
  return Number(counted?.count ?? 0);
}

function conditions(workspaceId: string, to: EmbeddingRecord, filter: SimilarityFilter): Prisma.Sql[] {
  const where = [
    // Written out, not bound: the planner must see that the partial index of this model covers the query.
    Prisma.raw(`e."modelId" = ${literal(to.modelId)} AND e."kind" = 'SEGMENT' AND e."dimension" = ${Math.trunc(to.dimension)}`),
    Prisma.sql`e."workspaceId" = ${workspaceId} AND e."modelDigest" = ${to.modelDigest} AND e."id" <> ${to.id}`,
  ];
  if (filter.label !== undefined) where.push(Prisma.sql`s."label" = ${filter.label}`);
  if (filter.recordingId !== undefined) where.push(Prisma.sql`a."recordingId" = ${filter.recordingId}`);
  if (filter.excludeRecordingId !== undefined) where.push(Prisma.sql`a."recordingId" <> ${filter.excludeRecordingId}`);
  if (filter.tag !== undefined) where.push(Prisma.sql`r."tags" @> ARRAY[${filter.tag}]::text[]`);
  if (filter.createdAfter !== undefined) where.push(Prisma.sql`r."createdAt" >= ${filter.createdAfter}`);
  if (filter.createdBefore !== undefined) where.push(Prisma.sql`r."createdAt" < ${filter.createdBefore}`);
  return where;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
