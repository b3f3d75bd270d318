-- The audit log: where a request came from, reads of several recordings in one event, one statement for any number of
-- events, and a retention of its own that leaves the chain verifiable.

ALTER TABLE "AuditEvent" ADD COLUMN "address" TEXT;
ALTER TABLE "AuditEvent" ADD COLUMN "subjectIds" TEXT[] DEFAULT ARRAY[]::TEXT[];
CREATE INDEX "AuditEvent_subjectIds_idx" ON "AuditEvent" USING GIN ("subjectIds");

-- What the oldest event that is left follows, once older ones were pruned.
CREATE TABLE "AuditStart" (
    "workspaceId" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "prunedAt" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "AuditStart_pkey" PRIMARY KEY ("workspaceId"),
    CONSTRAINT "AuditStart_workspace" FOREIGN KEY ("workspaceId") REFERENCES "Workspace"("id")
);

-- Only in a transaction that says that it prunes, and only what lies before the remembered start.
CREATE FUNCTION "undertone_guard_audit"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('undertone.audit_prune', true) = 'on'
    AND OLD."sequence" <= (SELECT s."sequence" FROM "AuditStart" s WHERE s."workspaceId" = OLD."workspaceId") THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the audit log is only ever appended to' USING ERRCODE = 'UT002';
END
$$;
DROP TRIGGER "AuditEvent_append_only" ON "AuditEvent";
CREATE TRIGGER "AuditEvent_append_only" BEFORE UPDATE OR DELETE ON "AuditEvent" FOR EACH ROW EXECUTE FUNCTION "undertone_guard_audit"();
CREATE TRIGGER "AuditEvent_no_truncate" BEFORE TRUNCATE ON "AuditEvent" FOR EACH STATEMENT EXECUTE FUNCTION "undertone_append_only"();

CREATE FUNCTION "undertone_guard_audit_start"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'DELETE' AND current_setting('undertone.audit_prune', true) = 'on' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the start of the audit log is moved by its own retention alone' USING ERRCODE = 'UT002';
END
$$;
CREATE TRIGGER "AuditStart_guard" BEFORE INSERT OR UPDATE OR DELETE ON "AuditStart" FOR EACH ROW EXECUTE FUNCTION "undertone_guard_audit_start"();

-- Appends events to the chain of a workspace in one round trip, under its lock. The hash is the one of src/domain/audit.ts:
-- jsonb writes strings as JSON.stringify does.
CREATE FUNCTION "undertone_audit_append"(workspace TEXT, events JSONB) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  event JSONB;
  last_sequence INTEGER;
  last_hash TEXT;
  subjects TEXT;
  fields TEXT;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('audit ' || workspace, 0));
  SELECT e."sequence", e."hash" INTO last_sequence, last_hash FROM "AuditEvent" e WHERE e."workspaceId" = workspace ORDER BY e."sequence" DESC LIMIT 1;
  IF NOT FOUND THEN
    SELECT s."sequence", s."hash" INTO last_sequence, last_hash FROM "AuditStart" s WHERE s."workspaceId" = workspace;
  END IF;
  last_sequence := coalesce(last_sequence, 0);
  last_hash := coalesce(last_hash, repeat('0', 64));
  FOR event IN SELECT one.value FROM jsonb_array_elements(events) WITH ORDINALITY AS one(value, place) ORDER BY one.place LOOP
    last_sequence := last_sequence + 1;
    SELECT string_agg(one.value::text, ',' ORDER BY one.place) INTO subjects FROM jsonb_array_elements(event->'subjectIds') WITH ORDINALITY AS one(value, place);
    fields := concat_ws(',', to_json(last_hash), event->'id', to_json(workspace), last_sequence, event->'at', event->'actorKeyId', event->'actorName', event->'action',
      event->'subjectKind', event->'subjectId', event->'reason', event->'requestId', event->'beforeDigest', event->'afterDigest');
    IF subjects IS NOT NULL THEN
      fields := fields || ',' || (event->'address')::text || ',[' || subjects || ']';
    ELSIF event->>'address' IS NOT NULL THEN
      fields := fields || ',' || (event->'address')::text;
    END IF;
    INSERT INTO "AuditEvent" ("id", "workspaceId", "sequence", "at", "actorKeyId", "actorName", "action", "subjectKind", "subjectId", "subjectIds", "reason", "requestId", "address", "beforeDigest", "afterDigest", "previousHash", "hash")
    VALUES (event->>'id', workspace, last_sequence, (event->>'at')::timestamptz, event->>'actorKeyId', event->>'actorName', event->>'action', event->>'subjectKind', event->>'subjectId',
      ARRAY(SELECT one.value FROM jsonb_array_elements_text(event->'subjectIds') WITH ORDINALITY AS one(value, place) ORDER BY one.place),
      event->>'reason', event->>'requestId', event->>'address', event->>'beforeDigest', event->>'afterDigest', last_hash, encode(sha256(convert_to('[' || fields || ']', 'UTF8')), 'hex'))
    RETURNING "hash" INTO last_hash;
  END LOOP;
END
$$;
