-- Business rules, their history, and what they raised.
CREATE TABLE "Rule" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "definition" JSON NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deletedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Rule_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Rule_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);
CREATE INDEX "Rule_workspaceId_createdAt_id_idx" ON "Rule"("workspaceId", "createdAt", "id");

CREATE TABLE "RuleVersion" (
    "workspaceId" TEXT NOT NULL,
    "ruleId" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "definition" JSON NOT NULL,
    "note" TEXT,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "RuleVersion_pkey" PRIMARY KEY ("ruleId", "version"),
    CONSTRAINT "RuleVersion_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "Rule"("id") ON DELETE CASCADE
);

CREATE TABLE "Alert" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "ruleId" TEXT NOT NULL,
    "ruleVersion" INTEGER NOT NULL,
    "ruleName" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "analysisId" TEXT NOT NULL,
    "recordingId" TEXT NOT NULL,
    "occurrenceKey" TEXT NOT NULL,
    "startSeconds" DOUBLE PRECISION NOT NULL,
    "endSeconds" DOUBLE PRECISION NOT NULL,
    "speakerKey" TEXT,
    "segmentIds" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "trace" JSON NOT NULL,
    "actions" JSON NOT NULL,
    "hasPendingActions" BOOLEAN NOT NULL,
    "isShown" BOOLEAN NOT NULL,
    "isOfThePast" BOOLEAN NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "acknowledgedAt" TIMESTAMPTZ(3),
    "acknowledgedBy" TEXT,
    "acknowledgeNote" TEXT,

    CONSTRAINT "Alert_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Alert_ruleId_fkey" FOREIGN KEY ("ruleId") REFERENCES "Rule"("id") ON DELETE CASCADE,
    CONSTRAINT "Alert_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE
);
-- Exactly once: a job that is delivered again finds the row.
CREATE UNIQUE INDEX "Alert_ruleId_occurrenceKey_key" ON "Alert"("ruleId", "occurrenceKey");
CREATE INDEX "Alert_workspaceId_createdAt_id_idx" ON "Alert"("workspaceId", "createdAt" DESC, "id" DESC);
CREATE INDEX "Alert_analysisId_idx" ON "Alert"("analysisId");
