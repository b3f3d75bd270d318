-- Processes that share this database, by their heartbeats. They belong to the platform and to no workspace.

-- CreateTable
CREATE TABLE "Node" (
    "id" TEXT NOT NULL,
    "roles" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "host" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "concurrency" INTEGER NOT NULL DEFAULT 0,
    "defaultModelId" TEXT,
    "models" JSONB NOT NULL DEFAULT '[]',
    "isDraining" BOOLEAN NOT NULL DEFAULT false,
    "startedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "heartbeatAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Node_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Node_heartbeatAt_idx" ON "Node"("heartbeatAt");
