-- What a workspace states of its purpose and its law, and who has put that aside, why and when.

ALTER TABLE "Workspace"
    ADD COLUMN "purpose" TEXT,
    ADD COLUMN "jurisdiction" TEXT,
    ADD COLUMN "legalBasis" TEXT,
    ADD COLUMN "speakerRole" TEXT NOT NULL DEFAULT 'unknown',
    ADD COLUMN "lawOverrideReason" TEXT,
    ADD COLUMN "lawOverriddenAt" TIMESTAMPTZ(3);
