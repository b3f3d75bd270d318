-- Evaluation sets, their runs, and calibrations of workspaces.

-- AlterTable
ALTER TABLE "Analysis" ADD COLUMN "calibration" JSONB;

-- CreateTable
CREATE TABLE "EvaluationSet" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "itemCount" INTEGER NOT NULL,
    "labelMapping" JSONB NOT NULL,
    "warnings" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "isScheduled" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "EvaluationSet_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "EvaluationItem" (
    "setId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "recordingId" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "speaker" TEXT,
    "split" TEXT,
    "language" TEXT,
    "gender" TEXT,
    "channel" TEXT,
    "quality" TEXT,
    "votes" JSONB,

    CONSTRAINT "EvaluationItem_pkey" PRIMARY KEY ("setId","index")
);

-- CreateTable
CREATE TABLE "EvaluationRun" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "setId" TEXT NOT NULL,
    "modelId" TEXT NOT NULL,
    "modelVersion" TEXT,
    "modelDigest" TEXT,
    "modelLabels" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "raw" BOOLEAN NOT NULL DEFAULT false,
    "split" TEXT,
    "status" "AnalysisStatus" NOT NULL DEFAULT 'QUEUED',
    "progress" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "idempotencyKey" TEXT,
    "requestDigest" TEXT NOT NULL,
    "problemCode" TEXT,
    "problemMessage" TEXT,
    "report" JSON,
    "alarm" JSONB,
    "acceptedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "EvaluationRun_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "EvaluationAnswer" (
    "runId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "recordingId" TEXT NOT NULL,
    "result" JSON NOT NULL,

    CONSTRAINT "EvaluationAnswer_pkey" PRIMARY KEY ("runId","index")
);

-- CreateTable
CREATE TABLE "Calibration" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "modelId" TEXT NOT NULL,
    "modelDigest" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "values" JSONB NOT NULL,
    "figures" JSONB NOT NULL,
    "runId" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retiredAt" TIMESTAMPTZ(3),

    CONSTRAINT "Calibration_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "EvaluationSet_workspaceId_name_version_key" ON "EvaluationSet"("workspaceId", "name", "version");

-- CreateIndex
CREATE INDEX "EvaluationSet_isScheduled_idx" ON "EvaluationSet"("isScheduled");

-- CreateIndex
CREATE INDEX "EvaluationItem_recordingId_idx" ON "EvaluationItem"("recordingId");

-- CreateIndex
CREATE INDEX "EvaluationRun_workspaceId_createdAt_id_idx" ON "EvaluationRun"("workspaceId", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "EvaluationRun_setId_createdAt_idx" ON "EvaluationRun"("setId", "createdAt" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "EvaluationRun_workspaceId_idempotencyKey_key" ON "EvaluationRun"("workspaceId", "idempotencyKey");

-- CreateIndex
CREATE INDEX "EvaluationAnswer_recordingId_idx" ON "EvaluationAnswer"("recordingId");

-- CreateIndex
CREATE INDEX "Calibration_workspaceId_modelDigest_createdAt_idx" ON "Calibration"("workspaceId", "modelDigest", "createdAt" DESC);

-- AddForeignKey
ALTER TABLE "EvaluationSet" ADD CONSTRAINT "EvaluationSet_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EvaluationItem" ADD CONSTRAINT "EvaluationItem_setId_fkey" FOREIGN KEY ("setId") REFERENCES "EvaluationSet"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EvaluationItem" ADD CONSTRAINT "EvaluationItem_recordingId_fkey" FOREIGN KEY ("recordingId") REFERENCES "Recording"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EvaluationRun" ADD CONSTRAINT "EvaluationRun_setId_fkey" FOREIGN KEY ("setId") REFERENCES "EvaluationSet"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EvaluationAnswer" ADD CONSTRAINT "EvaluationAnswer_runId_fkey" FOREIGN KEY ("runId") REFERENCES "EvaluationRun"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "EvaluationAnswer" ADD CONSTRAINT "EvaluationAnswer_recordingId_fkey" FOREIGN KEY ("recordingId") REFERENCES "Recording"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Calibration" ADD CONSTRAINT "Calibration_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;
