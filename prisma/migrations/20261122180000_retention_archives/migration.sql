-- Policies, archives, legal holds, erasures, the audit chain and the runs of scheduled tasks.

-- When a recording came back from an archive: it is as young as that again.
ALTER TABLE "DataKey" ADD COLUMN "restoredAt" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "AuditEvent" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actorKeyId" TEXT NOT NULL,
    "actorName" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subjectKind" TEXT NOT NULL,
    "subjectId" TEXT NOT NULL,
    "reason" TEXT,
    "requestId" TEXT,
    "beforeDigest" TEXT,
    "afterDigest" TEXT,
    "previousHash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "AuditEvent_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "AuditEvent_workspace" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);

-- CreateTable
CREATE TABLE "RetentionPolicy" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "keepDays" INTEGER NOT NULL,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "isEnabled" BOOLEAN NOT NULL DEFAULT true,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "labels" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "reviewStates" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "appliesFrom" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "RetentionPolicy_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "RetentionPolicy_workspace" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);

-- CreateTable
CREATE TABLE "Archive" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "blobKey" TEXT,
    "sha256" TEXT,
    "byteLength" BIGINT,
    "recordingCount" INTEGER NOT NULL,
    "schemaVersion" TEXT NOT NULL,
    "signingKeyId" TEXT,
    "leaseOwner" TEXT,
    "leaseUntil" TIMESTAMPTZ(3),
    "problem" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "writtenAt" TIMESTAMPTZ(3),
    "verifiedAt" TIMESTAMPTZ(3),
    "lastVerifiedAt" TIMESTAMPTZ(3),

    CONSTRAINT "Archive_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Archive_workspace" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);

-- CreateTable
CREATE TABLE "ArchiveItem" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "archiveId" TEXT NOT NULL,
    "recordingId" TEXT NOT NULL,
    "policyIds" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "kinds" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "deletedKinds" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "state" TEXT NOT NULL,
    "rowsDigest" TEXT,
    "byteLength" BIGINT NOT NULL DEFAULT 0,
    "pendingBlobKeys" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settledAt" TIMESTAMPTZ(3),

    CONSTRAINT "ArchiveItem_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "ArchiveItem_archive" FOREIGN KEY ("archiveId") REFERENCES "Archive"("id") ON DELETE CASCADE,
    CONSTRAINT "ArchiveItem_workspace" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);

-- CreateTable
CREATE TABLE "LegalHold" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "recordingId" TEXT,
    "externalId" TEXT,
    "subjectHash" TEXT,
    "filter" JSONB,
    "reason" TEXT NOT NULL,
    "placedBy" TEXT NOT NULL,
    "placedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "releasedAt" TIMESTAMPTZ(3),
    "releasedBy" TEXT,
    "releaseReason" TEXT,

    CONSTRAINT "LegalHold_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "LegalHold_workspace" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);

-- CreateTable
CREATE TABLE "LegalHoldMember" (
    "holdId" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "recordingId" TEXT NOT NULL,

    CONSTRAINT "LegalHoldMember_pkey" PRIMARY KEY ("holdId", "recordingId"),
    CONSTRAINT "LegalHoldMember_hold" FOREIGN KEY ("holdId") REFERENCES "LegalHold"("id") ON DELETE CASCADE
);

-- CreateTable
CREATE TABLE "Tombstone" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "subjectHash" TEXT NOT NULL,
    "recordingIds" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "report" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "erasedBy" TEXT NOT NULL,
    "erasedAt" TIMESTAMPTZ(3) NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "Tombstone_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Tombstone_workspace" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);

-- CreateTable
CREATE TABLE "TaskRun" (
    "id" TEXT NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "taskId" TEXT NOT NULL,
    "firingAt" TIMESTAMPTZ(3) NOT NULL,
    "cause" TEXT NOT NULL,
    "isDryRun" BOOLEAN NOT NULL DEFAULT false,
    "state" TEXT NOT NULL,
    "node" TEXT NOT NULL,
    "startedAt" TIMESTAMPTZ(3) NOT NULL,
    "deadlineAt" TIMESTAMPTZ(3) NOT NULL,
    "durationMs" INTEGER,
    "failure" TEXT,
    "figures" JSONB,

    CONSTRAINT "TaskRun_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "AuditEvent_workspaceId_sequence_key" ON "AuditEvent"("workspaceId", "sequence");

-- CreateIndex
CREATE INDEX "AuditEvent_workspaceId_subjectId_idx" ON "AuditEvent"("workspaceId", "subjectId");

-- CreateIndex
CREATE UNIQUE INDEX "RetentionPolicy_workspaceId_name_key" ON "RetentionPolicy"("workspaceId", "name");

-- CreateIndex
CREATE INDEX "Archive_workspaceId_createdAt_id_idx" ON "Archive"("workspaceId", "createdAt" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "Archive_state_idx" ON "Archive"("state");

-- CreateIndex
CREATE INDEX "Archive_blobKey_idx" ON "Archive"("blobKey");

-- CreateIndex
CREATE INDEX "ArchiveItem_archiveId_idx" ON "ArchiveItem"("archiveId");

-- CreateIndex
CREATE INDEX "ArchiveItem_workspaceId_recordingId_idx" ON "ArchiveItem"("workspaceId", "recordingId");

-- CreateIndex
CREATE INDEX "LegalHold_workspaceId_releasedAt_idx" ON "LegalHold"("workspaceId", "releasedAt");

-- CreateIndex
CREATE INDEX "LegalHoldMember_workspaceId_recordingId_idx" ON "LegalHoldMember"("workspaceId", "recordingId");

-- CreateIndex
CREATE INDEX "Tombstone_workspaceId_subjectHash_idx" ON "Tombstone"("workspaceId", "subjectHash");

-- CreateIndex
CREATE UNIQUE INDEX "TaskRun_taskId_firingAt_key" ON "TaskRun"("taskId", "firingAt");

-- CreateIndex
CREATE INDEX "TaskRun_taskId_startedAt_idx" ON "TaskRun"("taskId", "startedAt" DESC);

-- The one place that says whether something is held: services ask it, and the triggers below do.
CREATE FUNCTION "undertone_holds"(of_workspace TEXT, of_recording TEXT) RETURNS SETOF TEXT LANGUAGE sql STABLE AS $$
  SELECT h."id" FROM "LegalHold" h
  WHERE h."workspaceId" = of_workspace AND h."releasedAt" IS NULL AND (
    (h."scope" = 'RECORDING' AND h."recordingId" = of_recording)
    OR EXISTS (SELECT 1 FROM "LegalHoldMember" m WHERE m."holdId" = h."id" AND m."recordingId" = of_recording)
    OR (h."scope" = 'SUBJECT' AND EXISTS (SELECT 1 FROM "DataKey" k WHERE k."workspaceId" = of_workspace AND k."recordingId" = of_recording AND k."subjectHash" = h."subjectHash"))
    OR EXISTS (
      SELECT 1 FROM "Recording" r WHERE r."id" = of_recording AND r."workspaceId" = of_workspace AND (
        (h."scope" = 'SUBJECT' AND r."externalId" = h."externalId")
        OR (h."scope" = 'QUERY'
          AND (h."filter"->>'tag' IS NULL OR r."tags" @> ARRAY[h."filter"->>'tag'])
          AND (h."filter"->>'externalId' IS NULL OR r."externalId" = h."filter"->>'externalId')
          AND (h."filter"->>'search' IS NULL OR strpos(lower(coalesce(r."title", '') || chr(10) || r."fileName"), lower(h."filter"->>'search')) > 0)
          AND (h."filter"->>'createdAfter' IS NULL OR r."createdAt" >= (h."filter"->>'createdAfter')::timestamptz)
          AND (h."filter"->>'createdBefore' IS NULL OR r."createdAt" < (h."filter"->>'createdBefore')::timestamptz)
          AND (h."filter"->>'label' IS NULL OR (SELECT a."summaryLabel" FROM "Analysis" a WHERE a."recordingId" = r."id" AND a."status" = 'SUCCEEDED' ORDER BY a."createdAt" DESC, a."id" DESC LIMIT 1) = h."filter"->>'label')))))
  ORDER BY h."id"
$$;

-- The wall behind the services: no statement of any program removes what is held.
CREATE FUNCTION "undertone_refuse_held"(of_workspace TEXT, of_recording TEXT) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  hold TEXT;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM "LegalHold" WHERE "workspaceId" = of_workspace AND "releasedAt" IS NULL) THEN RETURN; END IF;
  SELECT h INTO hold FROM "undertone_holds"(of_workspace, of_recording) AS h LIMIT 1;
  IF hold IS NOT NULL THEN RAISE EXCEPTION 'under legal hold %', hold USING ERRCODE = 'UT001'; END IF;
END
$$;

CREATE FUNCTION "undertone_guard_recording"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "undertone_refuse_held"(OLD."workspaceId", OLD."id");
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END
$$;

CREATE FUNCTION "undertone_guard_analysis"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM "undertone_refuse_held"(OLD."workspaceId", OLD."recordingId");
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END
$$;

-- Only of finished analyses: what a running one wrote so far is replaced by its result.
CREATE FUNCTION "undertone_guard_part"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owner RECORD;
BEGIN
  SELECT a."workspaceId", a."recordingId" INTO owner FROM "Analysis" a WHERE a."id" = OLD."analysisId" AND a."status" = 'SUCCEEDED';
  IF FOUND THEN PERFORM "undertone_refuse_held"(owner."workspaceId", owner."recordingId"); END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER "Recording_hold_delete" BEFORE DELETE ON "Recording" FOR EACH ROW EXECUTE FUNCTION "undertone_guard_recording"();
CREATE TRIGGER "Recording_hold_update" BEFORE UPDATE ON "Recording" FOR EACH ROW
  WHEN ((NEW."blobKey" IS DISTINCT FROM OLD."blobKey" AND NEW."blobKey" LIKE 'removed/%') OR NEW."externalId" IS DISTINCT FROM OLD."externalId" OR NEW."sha256" IS DISTINCT FROM OLD."sha256" OR (OLD."peaks" IS NOT NULL AND NEW."peaks" IS NULL))
  EXECUTE FUNCTION "undertone_guard_recording"();
CREATE TRIGGER "Analysis_hold_delete" BEFORE DELETE ON "Analysis" FOR EACH ROW EXECUTE FUNCTION "undertone_guard_analysis"();
CREATE TRIGGER "Analysis_hold_update" BEFORE UPDATE ON "Analysis" FOR EACH ROW
  WHEN (OLD."trackKey" IS NOT NULL AND NEW."trackKey" IS DISTINCT FROM OLD."trackKey" AND (NEW."trackKey" IS NULL OR NEW."trackKey" LIKE 'removed/%'))
  EXECUTE FUNCTION "undertone_guard_analysis"();
CREATE TRIGGER "Embedding_hold_delete" BEFORE DELETE ON "Embedding" FOR EACH ROW EXECUTE FUNCTION "undertone_guard_part"();
CREATE TRIGGER "Segment_hold_delete" BEFORE DELETE ON "Segment" FOR EACH ROW EXECUTE FUNCTION "undertone_guard_part"();
CREATE TRIGGER "Segment_hold_update" BEFORE UPDATE ON "Segment" FOR EACH ROW
  WHEN (OLD."text" IS NOT NULL AND NEW."text" IS DISTINCT FROM OLD."text")
  EXECUTE FUNCTION "undertone_guard_part"();

CREATE FUNCTION "undertone_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is only ever appended to' USING ERRCODE = 'UT002';
END
$$;

CREATE TRIGGER "AuditEvent_append_only" BEFORE UPDATE OR DELETE ON "AuditEvent" FOR EACH ROW EXECUTE FUNCTION "undertone_append_only"();
