-- Row-level security: a session sees the rows of one workspace alone, the one that `undertone.workspace` names ('*': all of
-- them, for work of the system itself; nothing named: none). It binds ordinary roles, the owner of the tables included; a
-- superuser or a role with BYPASSRLS passes by, and so does the embedded database.

-- Parts of an analysis say whose they are: asked of the analysis, it would be asked for each row.
ALTER TABLE "Speaker" ADD COLUMN "workspaceId" TEXT;
ALTER TABLE "Segment" ADD COLUMN "workspaceId" TEXT;
UPDATE "Speaker" p SET "workspaceId" = a."workspaceId" FROM "Analysis" a WHERE a."id" = p."analysisId";
UPDATE "Segment" p SET "workspaceId" = a."workspaceId" FROM "Analysis" a WHERE a."id" = p."analysisId";
ALTER TABLE "Speaker" ALTER COLUMN "workspaceId" SET NOT NULL;
ALTER TABLE "Segment" ALTER COLUMN "workspaceId" SET NOT NULL;

-- Archives from before have rows without it.
CREATE FUNCTION "undertone_fill_workspace"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT a."workspaceId" INTO NEW."workspaceId" FROM "Analysis" a WHERE a."id" = NEW."analysisId";
  RETURN NEW;
END
$$;
CREATE TRIGGER "Speaker_fill_workspace" BEFORE INSERT ON "Speaker" FOR EACH ROW WHEN (NEW."workspaceId" IS NULL) EXECUTE FUNCTION "undertone_fill_workspace"();
CREATE TRIGGER "Segment_fill_workspace" BEFORE INSERT ON "Segment" FOR EACH ROW WHEN (NEW."workspaceId" IS NULL) EXECUTE FUNCTION "undertone_fill_workspace"();

-- For this migration and every later one that makes a table. The subselects are evaluated once a statement, not once a row;
-- the owner is bound as well, since the platform is the owner.
CREATE FUNCTION "undertone_wall"(of_table REGCLASS, workspace_column TEXT DEFAULT 'workspaceId') RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', of_table);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', of_table);
  EXECUTE format('CREATE POLICY "of_workspace" ON %s USING ((SELECT current_setting(''undertone.workspace'', true)) = ''*'' OR %I = (SELECT current_setting(''undertone.workspace'', true)))', of_table, workspace_column);
END
$$;

SELECT "undertone_wall"('"Workspace"', 'id');
SELECT "undertone_wall"('"ApiKey"');
SELECT "undertone_wall"('"Recording"');
SELECT "undertone_wall"('"Analysis"');
SELECT "undertone_wall"('"Speaker"');
SELECT "undertone_wall"('"Segment"');
SELECT "undertone_wall"('"Embedding"');
SELECT "undertone_wall"('"PluginEntry"');
SELECT "undertone_wall"('"PluginResult"');
SELECT "undertone_wall"('"Rule"');
SELECT "undertone_wall"('"RuleVersion"');
SELECT "undertone_wall"('"Alert"');
SELECT "undertone_wall"('"DataKey"');
SELECT "undertone_wall"('"WorkspaceSecret"');
SELECT "undertone_wall"('"AuditEvent"');
SELECT "undertone_wall"('"RetentionPolicy"');
SELECT "undertone_wall"('"Archive"');
SELECT "undertone_wall"('"ArchiveItem"');
SELECT "undertone_wall"('"LegalHold"');
SELECT "undertone_wall"('"LegalHoldMember"');
SELECT "undertone_wall"('"Tombstone"');
SELECT "undertone_wall"('"TaskRun"');
SELECT "undertone_wall"('"Conversation"');
SELECT "undertone_wall"('"SpeakerRoleChange"');
SELECT "undertone_wall"('"UsageSnapshot"');
SELECT "undertone_wall"('"EvaluationSet"');
SELECT "undertone_wall"('"EvaluationItem"');
SELECT "undertone_wall"('"EvaluationRun"');
SELECT "undertone_wall"('"EvaluationAnswer"');
SELECT "undertone_wall"('"Calibration"');
SELECT "undertone_wall"('"PartialTrack"');
SELECT "undertone_wall"('"Transcript"');
SELECT "undertone_wall"('"Webhook"');
SELECT "undertone_wall"('"WebhookKey"');
SELECT "undertone_wall"('"WebhookDelivery"');
SELECT "undertone_wall"('"DashboardSession"');
SELECT "undertone_wall"('"OptOut"');
SELECT "undertone_wall"('"ReviewItem"');
SELECT "undertone_wall"('"ReviewClaim"');
SELECT "undertone_wall"('"ReviewDecision"');
SELECT "undertone_wall"('"ReviewPolicy"');
SELECT "undertone_wall"('"AuditStart"');
SELECT "undertone_wall"('"AnalysisCharge"');
