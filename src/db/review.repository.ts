import type { PredictionResult } from '../domain/analysis.js';
import type { ReviewPolicy } from '../domain/review-policy.js';
import { votesOf, answersOf, type ReviewItemRecord } from '../domain/review.js';
import type { Database, Transaction } from './database.js';
import { Prisma } from './generated/client.js';
import { decodeCursor, encodeCursor, toPage } from './keyset-cursor.js';
import { loadItems } from './review-rows.js';
import type { EndedClaim, ReviewRepository } from './review-repositories.js';
import { assigned, claimable, conditionsOf } from './review-conditions.js';

const LIST = 'reviews';
const ROWS_AT_ONCE = 500;

export function createReviewRepository({ client }: Database): ReviewRepository {
  const first = async (db: Database['client'] | Transaction, where: Prisma.ReviewItemWhereInput): Promise<ReviewItemRecord | null> => (await loadItems(db, { where }))[0] ?? null;
  return {
    async subject(workspaceId, analysisId, tx = client) {
      const [analysis] = await tx.$queryRaw<AnalysisRow[]>`
        SELECT a."recordingId", a."modelLabels", a."summary", r."durationSeconds" FROM "Analysis" a JOIN "Recording" r ON r."id" = a."recordingId"
        WHERE a."id" = ${analysisId} AND a."workspaceId" = ${workspaceId} AND a."status" = 'SUCCEEDED'`;
      if (analysis === undefined) return null;
      const segments = await tx.$queryRaw<SegmentRow[]>`
        SELECT "id" AS "segmentId", "index", "startSeconds", "endSeconds", "label", "confidence", "abstained", "agreement" FROM "Segment" WHERE "analysisId" = ${analysisId} ORDER BY "index"`;
      const { recordingId, modelLabels, summary, durationSeconds } = analysis;
      const whole = { segmentId: null, index: null, startSeconds: 0, endSeconds: durationSeconds ?? segments.at(-1)?.endSeconds ?? 0, label: summary?.label ?? null, confidence: summary?.confidence ?? null, abstained: summary?.abstained ?? false, agreement: null };
      return { workspaceId, recordingId, analysisId, labels: modelLabels, whole, segments };
    },
    analysisOfSegment: async (workspaceId, segmentId) => (await client.segment.findFirst({ where: { id: segmentId, analysis: { workspaceId } }, select: { analysisId: true } }))?.analysisId ?? null,
    lockRecording: async (tx, workspaceId, recordingId) => (await tx.$queryRaw<unknown[]>`SELECT 1 FROM "Recording" WHERE "id" = ${recordingId} AND "workspaceId" = ${workspaceId} FOR UPDATE`).length === 1,
    async insert(tx, items) {
      const isNew = new Set<string>();
      for (let at = 0; at < items.length; at += ROWS_AT_ONCE) {
        const batch = items.slice(at, at + ROWS_AT_ONCE);
        await tx.reviewItem.createMany({
          skipDuplicates: true,
          data: batch.map((item) => ({ ...item, subjectId: item.segmentId ?? item.analysisId, status: 'PENDING', reasons: item.reasons as unknown as Prisma.InputJsonArray, reasonKinds: item.reasons.map(({ kind }) => kind), labels: [...item.labels], assigneeKeyIds: [...item.assigneeKeyIds] })),
        });
        for (const { id } of await tx.reviewItem.findMany({ where: { id: { in: batch.map((item) => item.id) } }, select: { id: true } })) isNew.add(id);
      }
      return isNew;
    },
    async findForUpdate(tx, workspaceId, id) {
      // Two statements: what is read after the lock is as whoever held it before left it.
      await tx.$executeRaw`SELECT 1 FROM "ReviewItem" WHERE "id" = ${id} AND "workspaceId" = ${workspaceId} FOR UPDATE`;
      return first(tx, { id, workspaceId });
    },
    async findOfSubject(tx, workspaceId, subjectId) {
      await tx.$executeRaw`SELECT 1 FROM "ReviewItem" WHERE "subjectId" = ${subjectId} AND "workspaceId" = ${workspaceId} FOR UPDATE`;
      return first(tx, { subjectId, workspaceId });
    },
    async setState(tx, id, { reasons, assigneeKeyIds, ...state }) {
      await tx.reviewItem.update({
        where: { id },
        data: {
          ...state,
          ...(assigneeKeyIds === undefined ? {} : { assigneeKeyIds: [...assigneeKeyIds] }),
          ...(reasons === undefined ? {} : { reasons: reasons as unknown as Prisma.InputJsonArray, reasonKinds: [...new Set(reasons.map(({ kind }) => kind))] }),
        },
        select: { id: true },
      });
    },
    async putClaim(tx, workspaceId, { reviewId, keyId, ...claim }) {
      await tx.reviewClaim.upsert({ where: { reviewId_keyId: { reviewId, keyId } }, create: { id: `${reviewId} ${keyId}`, workspaceId, reviewId, keyId, ...claim }, update: claim });
    },
    deleteClaims: async (tx, reviewId, keyId) => (await tx.reviewClaim.deleteMany({ where: { reviewId, ...(keyId === null ? {} : { keyId }) } })).count,
    // Claims that somebody renews or ends just now are passed by: nobody waits for this, and it waits for nobody.
    expireClaims: (now, most) => client.$queryRaw<EndedClaim[]>`
      DELETE FROM "ReviewClaim" WHERE "id" IN (SELECT "id" FROM "ReviewClaim" WHERE "expiresAt" <= ${now} ORDER BY "expiresAt" LIMIT ${most} FOR UPDATE SKIP LOCKED) RETURNING "workspaceId", "reviewId"`,
    countExpiredClaims: (now) => client.reviewClaim.count({ where: { expiresAt: { lte: now } } }),
    async insertDecision(tx, workspaceId, decision) {
      await tx.reviewDecision.create({ data: { ...decision, workspaceId } });
    },
    async undoDecision(tx, id, at, by) {
      await tx.reviewDecision.update({ where: { id }, data: { undoneAt: at, undoneBy: by } });
    },

    findById: (workspaceId, id) => first(client, { id, workspaceId }),
    forAnalyses: (workspaceId, analysisIds) => loadItems(client, { where: { workspaceId, analysisId: { in: [...analysisIds] } }, orderBy: [{ analysisId: 'asc' }, { startSeconds: 'asc' }, { id: 'asc' }] }),
    async list(workspaceId, page, filter, onlooker) {
      const where = conditionsOf(workspaceId, filter, onlooker);
      const [rows, [counted]] = await Promise.all([
        client.$queryRaw<QueueRow[]>`SELECT r."id", r."priority", r."createdAt" FROM "ReviewItem" r WHERE ${where} AND ${behind(page.after)} ORDER BY r."priority" DESC, r."createdAt", r."id" LIMIT ${page.first + 1}`,
        client.$queryRaw<{ count: number }[]>`SELECT count(*)::int AS count FROM "ReviewItem" r WHERE ${where}`,
      ]);
      const items = new Map((await loadItems(client, { where: { workspaceId, id: { in: rows.map(({ id }) => id) } } })).map((item) => [item.id, item]));
      // One that was deleted between the two reads is not shown.
      const shown = rows.filter(({ id }) => items.has(id));
      return toPage(shown, page.first, counted!.count, ({ id }) => items.get(id)!, ({ id, priority, createdAt }) => encodeCursor(LIST, [priority, createdAt.getTime(), id]));
    },
    async nextFree(workspaceId, filter, onlooker, count) {
      const free = Prisma.sql`${conditionsOf(workspaceId, filter, onlooker)} AND ${claimable(workspaceId, onlooker)}
        AND r."id" NOT IN (SELECT c."reviewId" FROM "ReviewClaim" c WHERE c."workspaceId" = ${workspaceId} AND c."keyId" = ${onlooker.keyId} AND c."expiresAt" > ${onlooker.now})`;
      // Two looks: ordered by both at once, the whole queue would have to be sorted for the first few.
      const look = (more: Prisma.Sql, most: number) => client.$queryRaw<{ id: string }[]>`SELECT r."id" FROM "ReviewItem" r WHERE ${free} AND ${more} ORDER BY r."priority" DESC, r."createdAt", r."id" LIMIT ${most}`;
      const own = await look(assigned(onlooker.keyId), count);
      const others = own.length < count ? await look(Prisma.sql`coalesce(cardinality(r."assigneeKeyIds"), 0) = 0`, count - own.length) : [];
      return [...own, ...others].map(({ id }) => id);
    },
    settled: (workspaceId, { after: from, before }, after, count) => loadItems(client, {
      where: {
        workspaceId, settledAt: { not: null, ...(from === null ? {} : { gte: from }), ...(before === null ? {} : { lt: before }) },
        ...(after === null ? {} : { OR: [{ settledAt: { gt: after.settledAt } }, { settledAt: after.settledAt, id: { gt: after.id } }] }),
      },
      orderBy: [{ settledAt: 'asc' }, { id: 'asc' }], take: count,
    }),
    async segmentLabels(workspaceId, analysisIds) {
      const rows = await client.reviewItem.findMany({ where: { workspaceId, analysisId: { in: [...analysisIds] }, status: 'RESOLVED', segmentId: { not: null }, label: { not: null } }, select: { segmentId: true, label: true } });
      return new Map(rows.map(({ segmentId, label }) => [segmentId!, label!]));
    },
    async recordingLabels(workspaceId, { after, before }) {
      const rows = await client.$queryRaw<{ id: string }[]>`
        SELECT DISTINCT ON (r."recordingId") r."id" FROM "ReviewItem" r
        WHERE r."workspaceId" = ${workspaceId} AND r."status" = 'RESOLVED' AND r."label" IS NOT NULL
          AND (${after}::timestamptz IS NULL OR r."settledAt" >= ${after}) AND (${before}::timestamptz IS NULL OR r."settledAt" < ${before})
          AND (r."segmentId" IS NULL OR (SELECT count(*) FROM "Segment" s WHERE s."analysisId" = r."analysisId" AND s."label" IS NOT NULL) = 1)
        ORDER BY r."recordingId", r."settledAt" DESC, r."id" DESC`;
      const items = await loadItems(client, { where: { workspaceId, id: { in: rows.map(({ id }) => id) } }, orderBy: [{ recordingId: 'asc' }] });
      return items.map(({ recordingId, label, decisions }) => ({ recordingId, label: label!, votes: Object.fromEntries(votesOf(answersOf(decisions))) }));
    },

    policy: async (workspaceId, tx = client) => ((await tx.reviewPolicy.findFirst({ where: { workspaceId } }))?.policy ?? null) as Partial<ReviewPolicy> | null,
    async savePolicy(tx, workspaceId, policy, by, at) {
      const row = { policy: { ...policy }, updatedBy: by, updatedAt: at };
      await tx.reviewPolicy.upsert({ where: { workspaceId }, create: { workspaceId, ...row }, update: row });
    },
  };
}

interface AnalysisRow {
  readonly recordingId: string;
  readonly modelLabels: string[];
  readonly summary: PredictionResult | null;
  readonly durationSeconds: number | null;
}
interface SegmentRow {
  readonly segmentId: string;
  readonly index: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly label: string | null;
  readonly confidence: number | null;
  readonly abstained: boolean;
  readonly agreement: number | null;
}
interface QueueRow {
  readonly id: string;
  readonly priority: number;
  readonly createdAt: Date;
}

function behind(cursor: string | null): Prisma.Sql {
  if (cursor === null) return Prisma.sql`true`;
  const [priority, time, id] = decodeCursor(LIST, cursor, ['number', 'time', 'string']) as [number, number, string];
  return Prisma.sql`(-r."priority", r."createdAt", r."id") > (${-priority}, ${new Date(time)}, ${id})`;
}
