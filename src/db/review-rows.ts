import type { ReviewClaimRecord, ReviewDecisionRecord, ReviewItemRecord, ReviewReason, ReviewStatus } from '../domain/review.js';
import type { Transaction } from './database.js';
import type { Prisma, PrismaClient, ReviewClaim, ReviewDecision, ReviewItem } from './generated/client.js';

/** Items with their claims and decisions: three statements, however many there are. */
export async function loadItems(db: PrismaClient | Transaction, query: Pick<Prisma.ReviewItemFindManyArgs, 'where' | 'orderBy' | 'take'>): Promise<readonly ReviewItemRecord[]> {
  const rows = await db.reviewItem.findMany(query);
  if (rows.length === 0) return [];
  const reviewId = { in: rows.map(({ id }) => id) };
  const claims = await db.reviewClaim.findMany({ where: { reviewId }, orderBy: [{ claimedAt: 'asc' }, { id: 'asc' }] });
  const decisions = await db.reviewDecision.findMany({ where: { reviewId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] });
  const items = new Map(rows.map((row) => [row.id, { row, claims: [] as ReviewClaimRecord[], decisions: [] as ReviewDecisionRecord[] }]));
  for (const claim of claims) items.get(claim.reviewId)!.claims.push(toClaim(claim));
  for (const decision of decisions) items.get(decision.reviewId)!.decisions.push(toDecision(decision));
  return [...items.values()].map(({ row, ...under }) => ({ ...toItem(row), ...under }));
}

function toClaim({ reviewId, keyId, keyName, claimedAt, expiresAt }: ReviewClaim): ReviewClaimRecord {
  return { reviewId, keyId, keyName, claimedAt, expiresAt };
}

function toDecision({ workspaceId: _workspaceId, kind, ...decision }: ReviewDecision): ReviewDecisionRecord {
  return { ...decision, kind: kind as ReviewDecisionRecord['kind'] };
}

function toItem({ subjectId: _subjectId, reasonKinds: _reasonKinds, status, reasons, ...row }: ReviewItem): Omit<ReviewItemRecord, 'claims' | 'decisions'> {
  return { ...row, status: status as ReviewStatus, reasons: reasons as unknown as ReviewReason[] };
}
