-- What plugins keep: rows of their own, and what their steps left beside an analysis.
CREATE TABLE "PluginEntry" (
    "workspaceId" TEXT NOT NULL,
    "plugin" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "PluginEntry_pkey" PRIMARY KEY ("workspaceId", "plugin", "key"),
    CONSTRAINT "PluginEntry_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);

CREATE TABLE "PluginResult" (
    "workspaceId" TEXT NOT NULL,
    "analysisId" TEXT NOT NULL,
    "plugin" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,

    CONSTRAINT "PluginResult_pkey" PRIMARY KEY ("analysisId", "plugin", "key"),
    CONSTRAINT "PluginResult_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE
);

-- How well words and voice agree, where a plugin compared them.
ALTER TABLE "Segment" ADD COLUMN "agreement" DOUBLE PRECISION;
