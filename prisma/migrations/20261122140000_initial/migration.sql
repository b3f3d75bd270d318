-- Written by hand from schema.prisma (a test compares the two), with the names that Prisma would give.

CREATE EXTENSION IF NOT EXISTS "vector";

-- CreateEnum
CREATE TYPE "Role" AS ENUM ('viewer', 'analyst', 'admin');

-- CreateEnum
CREATE TYPE "AnalysisStatus" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "EmbeddingKind" AS ENUM ('UTTERANCE', 'SEGMENT');

-- CreateTable
CREATE TABLE "Workspace" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Workspace_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" "Role" NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3),
    "lastUsedAt" TIMESTAMPTZ(3),
    "revokedAt" TIMESTAMPTZ(3),

    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Recording" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "byteLength" BIGINT NOT NULL,
    "blobKey" TEXT NOT NULL,
    "fileName" TEXT NOT NULL,
    "title" TEXT,
    "externalId" TEXT,
    "language" TEXT,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "recordedAt" TIMESTAMPTZ(3),
    "durationSeconds" DOUBLE PRECISION,
    "quality" JSONB,
    "speechRegions" JSONB,
    "peaks" BYTEA,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Recording_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Analysis" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "recordingId" TEXT NOT NULL,
    "status" "AnalysisStatus" NOT NULL DEFAULT 'QUEUED',
    "progress" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "modelId" TEXT NOT NULL,
    "modelVersion" TEXT,
    "modelDigest" TEXT,
    "modelLabels" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "raw" BOOLEAN NOT NULL DEFAULT false,
    "speakersMode" TEXT NOT NULL DEFAULT 'none',
    "idempotencyKey" TEXT,
    "requestDigest" TEXT,
    "problemCode" TEXT,
    "problemMessage" TEXT,
    "gate" JSONB,
    "warnings" JSONB,
    "summary" JSON,
    "summaryLabel" TEXT,
    "trackKey" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMPTZ(3),
    "finishedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Analysis_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Speaker" (
    "id" TEXT NOT NULL,
    "analysisId" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "role" TEXT,
    "channel" INTEGER,
    "talkSeconds" DOUBLE PRECISION NOT NULL,
    "summary" JSON,

    CONSTRAINT "Speaker_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Segment" (
    "id" TEXT NOT NULL,
    "analysisId" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "startSeconds" DOUBLE PRECISION NOT NULL,
    "endSeconds" DOUBLE PRECISION NOT NULL,
    "speechSeconds" DOUBLE PRECISION NOT NULL,
    "gate" TEXT NOT NULL,
    "speakerId" TEXT,
    "text" TEXT,
    "label" TEXT,
    "confidence" DOUBLE PRECISION,
    "calibrated" BOOLEAN NOT NULL DEFAULT false,
    "abstained" BOOLEAN NOT NULL DEFAULT false,
    "predictionSet" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "scores" DOUBLE PRECISION[] DEFAULT ARRAY[]::DOUBLE PRECISION[],
    "logits" DOUBLE PRECISION[] DEFAULT ARRAY[]::DOUBLE PRECISION[],
    "frameOffset" INTEGER NOT NULL,
    "frameCount" INTEGER NOT NULL,

    CONSTRAINT "Segment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Embedding" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "analysisId" TEXT NOT NULL,
    "segmentId" TEXT,
    "modelId" TEXT NOT NULL,
    "modelDigest" TEXT NOT NULL,
    "kind" "EmbeddingKind" NOT NULL,
    "dimension" INTEGER NOT NULL,
    "vector" vector NOT NULL,

    CONSTRAINT "Embedding_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "ApiKey_hash_key" ON "ApiKey"("hash");

-- CreateIndex
CREATE INDEX "ApiKey_workspaceId_createdAt_idx" ON "ApiKey"("workspaceId", "createdAt");

-- CreateIndex
CREATE INDEX "Recording_workspaceId_createdAt_id_idx" ON "Recording"("workspaceId", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "Recording_workspaceId_fileName_id_idx" ON "Recording"("workspaceId", "fileName", "id");

-- CreateIndex
CREATE INDEX "Recording_workspaceId_durationSeconds_id_idx" ON "Recording"("workspaceId", "durationSeconds", "id");

-- CreateIndex
CREATE INDEX "Recording_workspaceId_externalId_idx" ON "Recording"("workspaceId", "externalId");

-- CreateIndex
CREATE INDEX "Recording_blobKey_idx" ON "Recording"("blobKey");

-- CreateIndex
CREATE INDEX "Recording_tags_idx" ON "Recording" USING GIN ("tags");

-- CreateIndex
CREATE UNIQUE INDEX "Recording_workspaceId_sha256_key" ON "Recording"("workspaceId", "sha256");

-- CreateIndex
CREATE INDEX "Analysis_workspaceId_createdAt_id_idx" ON "Analysis"("workspaceId", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "Analysis_workspaceId_summaryLabel_createdAt_idx" ON "Analysis"("workspaceId", "summaryLabel", "createdAt" DESC);

-- CreateIndex
CREATE INDEX "Analysis_recordingId_createdAt_idx" ON "Analysis"("recordingId", "createdAt" DESC);

-- CreateIndex
CREATE INDEX "Analysis_status_idx" ON "Analysis"("status");

-- CreateIndex
CREATE INDEX "Analysis_trackKey_idx" ON "Analysis"("trackKey");

-- CreateIndex
CREATE UNIQUE INDEX "Analysis_workspaceId_idempotencyKey_key" ON "Analysis"("workspaceId", "idempotencyKey");

-- CreateIndex
CREATE UNIQUE INDEX "Speaker_analysisId_key_key" ON "Speaker"("analysisId", "key");

-- CreateIndex
CREATE INDEX "Segment_analysisId_label_idx" ON "Segment"("analysisId", "label");

-- CreateIndex
CREATE INDEX "Segment_speakerId_idx" ON "Segment"("speakerId");

-- CreateIndex
CREATE UNIQUE INDEX "Segment_analysisId_index_key" ON "Segment"("analysisId", "index");

-- CreateIndex
CREATE UNIQUE INDEX "Embedding_segmentId_key" ON "Embedding"("segmentId");

-- CreateIndex
CREATE INDEX "Embedding_workspaceId_modelId_kind_idx" ON "Embedding"("workspaceId", "modelId", "kind");

-- CreateIndex
CREATE INDEX "Embedding_analysisId_idx" ON "Embedding"("analysisId");

-- AddForeignKey
ALTER TABLE "ApiKey" ADD CONSTRAINT "ApiKey_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Recording" ADD CONSTRAINT "Recording_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Analysis" ADD CONSTRAINT "Analysis_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Analysis" ADD CONSTRAINT "Analysis_recordingId_fkey" FOREIGN KEY ("recordingId") REFERENCES "Recording"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Speaker" ADD CONSTRAINT "Speaker_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Segment" ADD CONSTRAINT "Segment_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Segment" ADD CONSTRAINT "Segment_speakerId_fkey" FOREIGN KEY ("speakerId") REFERENCES "Speaker"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Embedding" ADD CONSTRAINT "Embedding_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Embedding" ADD CONSTRAINT "Embedding_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Embedding" ADD CONSTRAINT "Embedding_segmentId_fkey" FOREIGN KEY ("segmentId") REFERENCES "Segment"("id") ON DELETE CASCADE ON UPDATE CASCADE;
