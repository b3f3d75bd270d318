-- How speakers are told apart and named.
ALTER TABLE "Analysis" ADD COLUMN "speakerCount" INTEGER, ADD COLUMN "roleRule" JSONB;

-- Where the role comes from: a rule's name, or `person`.
ALTER TABLE "Speaker" ADD COLUMN "roleSource" TEXT;

-- CreateTable
CREATE TABLE "Conversation" (
    "analysisId" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "durationSeconds" DOUBLE PRECISION NOT NULL,
    "speech" JSONB NOT NULL,

    CONSTRAINT "Conversation_pkey" PRIMARY KEY ("analysisId")
);

-- CreateTable
CREATE TABLE "SpeakerRoleChange" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "speakerId" TEXT NOT NULL,
    "before" TEXT,
    "after" TEXT,
    "reason" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "keyName" TEXT NOT NULL,
    "changedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SpeakerRoleChange_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "SpeakerRoleChange_speakerId_changedAt_idx" ON "SpeakerRoleChange"("speakerId", "changedAt");

-- AddForeignKey
ALTER TABLE "Conversation" ADD CONSTRAINT "Conversation_analysisId_fkey" FOREIGN KEY ("analysisId") REFERENCES "Analysis"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SpeakerRoleChange" ADD CONSTRAINT "SpeakerRoleChange_speakerId_fkey" FOREIGN KEY ("speakerId") REFERENCES "Speaker"("id") ON DELETE CASCADE ON UPDATE CASCADE;
