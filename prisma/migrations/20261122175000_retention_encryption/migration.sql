-- Keys of blobs (one a recording) and secrets of workspaces, wrapped by a key that the database never sees.

-- CreateTable
CREATE TABLE "DataKey" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "recordingId" TEXT NOT NULL,
    "subjectHash" TEXT,
    "wrapped" BYTEA,
    "wrappingKeyId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "destroyedAt" TIMESTAMPTZ(3),

    CONSTRAINT "DataKey_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "DataKey_workspace" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id"),
    CONSTRAINT "DataKey_destroyed" CHECK (("wrapped" IS NULL) = ("destroyedAt" IS NOT NULL))
);

-- CreateTable
CREATE TABLE "WorkspaceSecret" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "publicKey" BYTEA,
    "wrapped" BYTEA NOT NULL,
    "wrappingKeyId" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "WorkspaceSecret_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "WorkspaceSecret_workspace" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);

-- CreateIndex
CREATE INDEX "DataKey_workspaceId_recordingId_idx" ON "DataKey"("workspaceId", "recordingId");

-- CreateIndex
CREATE INDEX "DataKey_workspaceId_subjectHash_idx" ON "DataKey"("workspaceId", "subjectHash");

-- CreateIndex
CREATE INDEX "DataKey_wrappingKeyId_idx" ON "DataKey"("wrappingKeyId");

-- CreateIndex
CREATE INDEX "WorkspaceSecret_workspaceId_purpose_idx" ON "WorkspaceSecret"("workspaceId", "purpose");

-- CreateIndex
CREATE INDEX "WorkspaceSecret_wrappingKeyId_idx" ON "WorkspaceSecret"("wrappingKeyId");
