-- What people are asked to listen to. One item a segment, or one for the whole analysis. Gone with the analysis.
CREATE TABLE "ReviewItem" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "recordingId" TEXT NOT NULL,
    "analysisId" TEXT NOT NULL,
    "segmentId" TEXT,
    "subjectId" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "priority" INTEGER NOT NULL,
    "reasons" JSON NOT NULL,
    "reasonKinds" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "labels" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "startSeconds" DOUBLE PRECISION NOT NULL,
    "endSeconds" DOUBLE PRECISION NOT NULL,
    "modelLabel" TEXT,
    "modelConfidence" DOUBLE PRECISION,
    "modelAbstained" BOOLEAN NOT NULL,
    "isBlind" BOOLEAN NOT NULL,
    "wasShown" BOOLEAN NOT NULL DEFAULT false,
    "requiredCount" INTEGER NOT NULL,
    "answerCount" INTEGER NOT NULL DEFAULT 0,
    "assigneeKeyIds" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "label" TEXT,
    "isDisputed" BOOLEAN NOT NULL DEFAULT false,
    "dismissReason" TEXT,
    "settledBy" TEXT,
    "settledAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ReviewItem_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "ReviewItem_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE,
    CONSTRAINT "ReviewItem_segmentId_fkey" FOREIGN KEY ("segmentId") REFERENCES "Segment"("id") ON DELETE CASCADE
);
-- Exactly once: an analysis that is looked at again finds its items.
CREATE UNIQUE INDEX "ReviewItem_subjectId_key" ON "ReviewItem"("subjectId");
CREATE INDEX "ReviewItem_workspaceId_status_priority_createdAt_id_idx" ON "ReviewItem"("workspaceId", "status", "priority" DESC, "createdAt", "id");
CREATE INDEX "ReviewItem_workspaceId_settledAt_id_idx" ON "ReviewItem"("workspaceId", "settledAt", "id");
CREATE INDEX "ReviewItem_recordingId_status_idx" ON "ReviewItem"("recordingId", "status");
CREATE INDEX "ReviewItem_analysisId_idx" ON "ReviewItem"("analysisId");
CREATE INDEX "ReviewItem_segmentId_idx" ON "ReviewItem"("segmentId");

-- Who is at work on an item, and until when nobody else is.
CREATE TABLE "ReviewClaim" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "reviewId" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "keyName" TEXT NOT NULL,
    "claimedAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ReviewClaim_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "ReviewClaim_reviewId_fkey" FOREIGN KEY ("reviewId") REFERENCES "ReviewItem"("id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX "ReviewClaim_reviewId_keyId_key" ON "ReviewClaim"("reviewId", "keyId");

-- What somebody said. Never changed; taken back, it says when and by whom.
CREATE TABLE "ReviewDecision" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "reviewId" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "keyName" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "label" TEXT,
    "isFreeLabel" BOOLEAN NOT NULL,
    "isFinal" BOOLEAN NOT NULL,
    "sawModelAnswer" BOOLEAN NOT NULL,
    "note" TEXT,
    "spentSeconds" DOUBLE PRECISION,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "undoneAt" TIMESTAMPTZ(3),
    "undoneBy" TEXT,

    CONSTRAINT "ReviewDecision_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "ReviewDecision_reviewId_fkey" FOREIGN KEY ("reviewId") REFERENCES "ReviewItem"("id") ON DELETE CASCADE
);
CREATE INDEX "ReviewDecision_reviewId_createdAt_id_idx" ON "ReviewDecision"("reviewId", "createdAt", "id");

-- What a workspace sends to review by itself; without a row, the defaults of src/domain/review-policy.ts.
CREATE TABLE "ReviewPolicy" (
    "workspaceId" TEXT NOT NULL,
    "policy" JSONB NOT NULL,
    "updatedBy" TEXT NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ReviewPolicy_pkey" PRIMARY KEY ("workspaceId"),
    CONSTRAINT "ReviewPolicy_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);
