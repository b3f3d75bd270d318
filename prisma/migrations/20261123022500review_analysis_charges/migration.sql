-- Analyses that count against a limit of audio or of analyses at once. A row outlives its recording: deleting what was
-- analysed gives nothing back.
CREATE TABLE "AnalysisCharge" (
    "analysisId" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "audioSeconds" DOUBLE PRECISION,
    CONSTRAINT "AnalysisCharge_pkey" PRIMARY KEY ("analysisId"),
    CONSTRAINT "AnalysisCharge_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE CASCADE
);
CREATE INDEX "AnalysisCharge_workspaceId_at_idx" ON "AnalysisCharge"("workspaceId", "at");
