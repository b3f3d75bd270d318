-- Fewer days that a policy itself gives for a disk that is nearly full.
ALTER TABLE "RetentionPolicy" ADD COLUMN "keepDaysWhenShort" INTEGER;
ALTER TABLE "RetentionPolicy" ADD CONSTRAINT "RetentionPolicy_keepDaysWhenShort_check" CHECK ("keepDaysWhenShort" BETWEEN 0 AND "keepDays");
