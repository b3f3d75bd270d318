-- What is assigned to a key is found without looking at the rest of the queue.
CREATE INDEX "ReviewItem_assigneeKeyIds_idx" ON "ReviewItem" USING GIN ("assigneeKeyIds");
CREATE INDEX "ReviewDecision_workspaceId_keyId_idx" ON "ReviewDecision"("workspaceId", "keyId");
