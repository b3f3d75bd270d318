import type { Page, PageRequest, SegmentFilter, SegmentRecord } from '../domain/records.js';
import { SEGMENT_COLUMNS, toSegment, type SegmentRow } from './analysis-rows.js';
import type { Database } from './database.js';
import { Prisma } from './generated/client.js';
import { decodeCursor, encodeCursor, toPage } from './keyset-cursor.js';

const LIST = 'segments';
const FROM = Prisma.sql`FROM "Segment" s JOIN "Analysis" a ON a."id" = s."analysisId"`;

/** Segments in the order of time. */
export async function listSegments({ client }: Database, workspaceId: string, analysisId: string, page: PageRequest, filter: SegmentFilter): Promise<Page<SegmentRecord>> {
  const where = [Prisma.sql`s."analysisId" = ${analysisId} AND a."workspaceId" = ${workspaceId}`];
  if (filter.label !== undefined) where.push(Prisma.sql`s."label" = ${filter.label}`);
  if (filter.speakerId !== undefined) where.push(Prisma.sql`s."speakerId" = ${filter.speakerId}`);
  if (filter.minConfidence !== undefined) where.push(Prisma.sql`s."confidence" >= ${filter.minConfidence}`);
  if (filter.gate !== undefined) where.push(Prisma.sql`s."gate" = ${filter.gate}`);
  const position = page.after === null ? [] : [Prisma.sql`s."index" > ${decodeCursor(LIST, page.after, ['number'])[0]}`];
  const [rows, counted] = await Promise.all([
    client.$queryRaw<SegmentRow[]>`SELECT ${SEGMENT_COLUMNS} ${FROM} WHERE ${Prisma.join([...where, ...position], ' AND ')} ORDER BY s."index" LIMIT ${page.first + 1}`,
    client.$queryRaw<{ count: bigint }[]>`SELECT count(*) AS count ${FROM} WHERE ${Prisma.join(where, ' AND ')}`,
  ]);
  return toPage(rows, page.first, Number(counted[0]?.count ?? 0), toSegment, (row) => encodeCursor(LIST, [row.index]));
}

export async function findSegments({ client }: Database, workspaceId: string, segmentIds: readonly string[]): Promise<readonly SegmentRecord[]> {
  return (await client.$queryRaw<SegmentRow[]>`SELECT ${SEGMENT_COLUMNS} ${FROM} WHERE s."id" = ANY(${[...segmentIds]}) AND a."workspaceId" = ${workspaceId}`).map(toSegment);
}

export async function findSegment(db: Database, workspaceId: string, segmentId: string): Promise<SegmentRecord | null> {
  return (await findSegments(db, workspaceId, [segmentId]))[0] ?? null;
}
