-- What a workspace may store, and what it stored on each day by kind of data.

-- AlterTable
ALTER TABLE "Workspace" ADD COLUMN "maxStoredBytes" BIGINT;

-- CreateTable
CREATE TABLE "UsageSnapshot" (
    "workspaceId" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "kind" TEXT NOT NULL,
    "byteLength" BIGINT NOT NULL,
    "itemCount" BIGINT NOT NULL,

    CONSTRAINT "UsageSnapshot_pkey" PRIMARY KEY ("workspaceId","day","kind")
);

-- CreateIndex
CREATE INDEX "Recording_workspaceId_byteLength_idx" ON "Recording"("workspaceId", "byteLength");

-- AddForeignKey
ALTER TABLE "UsageSnapshot" ADD CONSTRAINT "UsageSnapshot_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE CASCADE ON UPDATE CASCADE;
