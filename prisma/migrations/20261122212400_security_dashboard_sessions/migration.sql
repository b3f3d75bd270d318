-- Signed-in browsers. Only a hash of what their cookie holds; rows of ended and expired ones are deleted.
CREATE TABLE "DashboardSession" (
  "id" TEXT NOT NULL,
  "workspaceId" TEXT NOT NULL,
  "keyId" TEXT NOT NULL,
  "keyName" TEXT NOT NULL,
  "tokenRole" "Role",
  "hash" BYTEA NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expiresAt" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "DashboardSession_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "DashboardSession_hash_key" ON "DashboardSession"("hash");
CREATE INDEX "DashboardSession_workspaceId_keyId_idx" ON "DashboardSession"("workspaceId", "keyId");
CREATE INDEX "DashboardSession_expiresAt_idx" ON "DashboardSession"("expiresAt");
ALTER TABLE "DashboardSession" ADD CONSTRAINT "DashboardSession_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
