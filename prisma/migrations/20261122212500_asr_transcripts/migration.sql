-- What is said in a recording, with times, and how it fits the voice. One an analysis.
CREATE TABLE "Transcript" (
    "analysisId" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "engine" TEXT NOT NULL,
    "engineDigest" TEXT,
    "language" TEXT,
    "words" JSONB NOT NULL,
    "crossCheck" JSONB,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Transcript_pkey" PRIMARY KEY ("analysisId")
);

-- AddForeignKey
ALTER TABLE "Transcript" ADD CONSTRAINT "Transcript_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- As for the texts of segments: under a legal hold nothing is taken away or written over.
CREATE TRIGGER "Transcript_hold_delete" BEFORE DELETE ON "Transcript" FOR EACH ROW EXECUTE FUNCTION "undertone_guard_part"();
CREATE TRIGGER "Transcript_hold_update" BEFORE UPDATE ON "Transcript" FOR EACH ROW
  WHEN (NEW."words" IS DISTINCT FROM OLD."words")
  EXECUTE FUNCTION "undertone_guard_part"();
