-- Frame logits of windows that are finished while their analysis still runs. The last transaction of an analysis, however
-- it ends, removes its rows; the track of a finished analysis is one blob.
CREATE TABLE "PartialTrack" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "analysisId" TEXT NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "PartialTrack_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "PartialTrack_analysisId_id_idx" ON "PartialTrack"("analysisId", "id");

ALTER TABLE "PartialTrack" ADD CONSTRAINT "PartialTrack_workspaceId_fkey" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "PartialTrack" ADD CONSTRAINT "PartialTrack_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE ON UPDATE CASCADE;
