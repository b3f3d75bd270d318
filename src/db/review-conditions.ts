import type { ReviewFilter } from '../domain/review.js';
import { Prisma } from './generated/client.js';
import type { ReviewOnlooker } from './review-repositories.js';

const ANSWERED = (keyId: string): Prisma.Sql => Prisma.sql`EXISTS (SELECT 1 FROM "ReviewDecision" d WHERE d."reviewId" = r."id" AND d."keyId" = ${keyId} AND d."kind" = 'ANSWER' AND d."undoneAt" IS NULL)`;

/** SQL that is true for the items `r` of a workspace that a filter means. */
export function conditionsOf(workspaceId: string, filter: ReviewFilter, onlooker: ReviewOnlooker): Prisma.Sql {
  const { status = 'PENDING', reason, recordingId, analysisId, minPriority, isClaimable, assignedTo, claimedBy, createdAfter, createdBefore } = filter;
  const all = [Prisma.sql`r."workspaceId" = ${workspaceId}`, Prisma.sql`r."status" = ${status}`];
  // Why a blind item is here says something of the model's answer: to ask by it is left to those who may see it.
  if (reason !== undefined) all.push(Prisma.sql`${reason} = ANY(r."reasonKinds")`, Prisma.sql`(NOT r."isBlind" OR r."status" <> 'PENDING' OR ${ANSWERED(onlooker.keyId)})`);
  if (recordingId !== undefined) all.push(Prisma.sql`r."recordingId" = ${recordingId}`);
  if (analysisId !== undefined) all.push(Prisma.sql`r."analysisId" = ${analysisId}`);
  if (minPriority !== undefined) all.push(Prisma.sql`r."priority" >= ${minPriority}`);
  if (isClaimable === true) all.push(claimable(onlooker));
  if (isClaimable === false) all.push(Prisma.sql`NOT (${claimable(onlooker)})`);
  if (assignedTo !== undefined) all.push(Prisma.sql`${assignedTo} = ANY(r."assigneeKeyIds")`);
  if (claimedBy !== undefined) all.push(Prisma.sql`EXISTS (SELECT 1 FROM "ReviewClaim" c WHERE c."reviewId" = r."id" AND c."keyId" = ${claimedBy} AND c."expiresAt" > ${onlooker.now})`);
  if (createdAfter !== undefined) all.push(Prisma.sql`r."createdAt" >= ${createdAfter}`);
  if (createdBefore !== undefined) all.push(Prisma.sql`r."createdAt" < ${createdBefore}`);
  return Prisma.join(all, ' AND ');
}

/** SQL that is true for the items `r` that this key may claim now; one that it holds is among them. */
export function claimable({ keyId, now }: ReviewOnlooker): Prisma.Sql {
  return Prisma.sql`(r."status" = 'PENDING' AND (coalesce(cardinality(r."assigneeKeyIds"), 0) = 0 OR ${keyId} = ANY(r."assigneeKeyIds"))
    AND NOT EXISTS (SELECT 1 FROM "ReviewDecision" d WHERE d."reviewId" = r."id" AND d."keyId" = ${keyId} AND d."undoneAt" IS NULL)
    AND (SELECT count(*) FROM "ReviewClaim" c WHERE c."reviewId" = r."id" AND c."keyId" <> ${keyId} AND c."expiresAt" > ${now}) < greatest(1, r."requiredCount" - r."answerCount"))`;
}
