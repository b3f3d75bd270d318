import type { ReviewFilter } from '../domain/review.js';
import { Prisma } from './generated/client.js';
import type { ReviewOnlooker } from './review-repositories.js';

/** SQL that is true for the items `r` of a workspace that a filter means. */
export function conditionsOf(workspaceId: string, filter: ReviewFilter, onlooker: ReviewOnlooker): Prisma.Sql {
  const { status = 'PENDING', reason, recordingId, analysisId, minPriority, isClaimable, assignedTo, claimedBy, createdAfter, createdBefore } = filter;
  const all = [Prisma.sql`r."workspaceId" = ${workspaceId}`, Prisma.sql`r."status" = ${status}`];
  // Why a blind item is here says something of the model's answer: to ask by it is left to those who may see it.
  if (reason !== undefined) all.push(Prisma.sql`${reason} = ANY(r."reasonKinds")`, Prisma.sql`(NOT r."isBlind" OR r."status" <> 'PENDING' OR r."id" IN (SELECT d."reviewId" FROM "ReviewDecision" d JOIN "ReviewItem" i ON i."id" = d."reviewId" WHERE i."isBlind" AND i."status" = 'PENDING' AND ${saidBy(workspaceId, onlooker)} AND d."kind" = 'ANSWER'))`);
  if (recordingId !== undefined) all.push(Prisma.sql`r."recordingId" = ${recordingId}`);
  if (analysisId !== undefined) all.push(Prisma.sql`r."analysisId" = ${analysisId}`);
  if (minPriority !== undefined) all.push(Prisma.sql`r."priority" >= ${minPriority}`);
  if (isClaimable === true) all.push(claimable(workspaceId, onlooker));
  if (isClaimable === false) all.push(Prisma.sql`NOT (${claimable(workspaceId, onlooker)})`);
  if (assignedTo !== undefined) all.push(assigned(assignedTo));
  if (claimedBy !== undefined) all.push(Prisma.sql`r."id" IN (SELECT c."reviewId" FROM "ReviewClaim" c WHERE c."workspaceId" = ${workspaceId} AND c."keyId" = ${claimedBy} AND c."expiresAt" > ${onlooker.now})`);
  if (createdAfter !== undefined) all.push(Prisma.sql`r."createdAt" >= ${createdAfter}`);
  if (createdBefore !== undefined) all.push(Prisma.sql`r."createdAt" < ${createdBefore}`);
  return Prisma.join(all, ' AND ');
}

/** In a form that the index of assignees serves. */
export function assigned(keyId: string): Prisma.Sql {
  return Prisma.sql`r."assigneeKeyIds" @> ARRAY[${keyId}]::text[]`;
}

/**
 * SQL that is true for the items `r` that this key may claim now; one that it holds is among them. The claims are few and
 * are read once; the decisions may be many, so that they are left to a join.
 */
export function claimable(workspaceId: string, onlooker: ReviewOnlooker): Prisma.Sql {
  const { keyId, now } = onlooker;
  return Prisma.sql`(r."status" = 'PENDING' AND (coalesce(cardinality(r."assigneeKeyIds"), 0) = 0 OR ${keyId} = ANY(r."assigneeKeyIds"))
    AND NOT EXISTS (SELECT 1 FROM "ReviewDecision" d WHERE d."reviewId" = r."id" AND ${saidBy(workspaceId, onlooker)})
    AND r."id" NOT IN (SELECT c."reviewId" FROM "ReviewClaim" c JOIN "ReviewItem" i ON i."id" = c."reviewId" WHERE c."workspaceId" = ${workspaceId} AND c."keyId" <> ${keyId} AND c."expiresAt" > ${now}
      GROUP BY c."reviewId", i."requiredCount", i."answerCount" HAVING count(*) >= greatest(1, i."requiredCount" - i."answerCount")))`;
}

function saidBy(workspaceId: string, { keyId }: ReviewOnlooker): Prisma.Sql {
  return Prisma.sql`d."workspaceId" = ${workspaceId} AND d."keyId" = ${keyId} AND d."undoneAt" IS NULL`;
}
