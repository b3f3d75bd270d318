-- No export is stored, so a policy for exports never did anything (docs/decisions/0141).
DELETE FROM "RetentionPolicy" WHERE "kind" = 'EXPORTS';
