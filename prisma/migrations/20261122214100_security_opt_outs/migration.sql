-- Subjects whose voices are never judged. A keyed hash tells which ones, and nobody who they are.
CREATE TABLE "OptOut" (
  "id" TEXT NOT NULL,
  "workspaceId" TEXT NOT NULL,
  "subjectHash" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "createdBy" TEXT NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "OptOut_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "OptOut_workspaceId_subjectHash_key" ON "OptOut"("workspaceId", "subjectHash");
CREATE INDEX "OptOut_workspaceId_createdAt_id_idx" ON "OptOut"("workspaceId", "createdAt" DESC, "id" DESC);
ALTER TABLE "OptOut" ADD CONSTRAINT "OptOut_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
