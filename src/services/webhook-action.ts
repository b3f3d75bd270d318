import type { WebhookRepository } from '../db/webhook-repositories.js';
import { UndertoneError } from '../domain/errors.js';
import type { RuleActionHandler } from './rule-engine.js';
import type { WebhookDispatch } from './webhook-dispatch.js';

/** The action `webhook` of rules: tells the webhook of this id, whatever events it hears, once for each firing. */
export function callWebhook(webhooks: Pick<WebhookRepository, 'findById'>, dispatch: Pick<WebhookDispatch, 'put'>): RuleActionHandler {
  return async (tx, { alert: { id: alertId, workspaceId, ruleId, analysisId, recordingId }, input }) => {
    const webhookId = input['id'] as string;
    const webhook = await webhooks.findById(workspaceId, webhookId, tx);
    if (webhook === null) throw new UndertoneError('NOT_FOUND', `The rule calls the webhook ${webhookId.slice(0, 64)}, which is not there. Change the rule, or make a webhook and name its id.`, { id: webhookId.slice(0, 64) });
    await dispatch.put(tx, webhook, { id: alertId, event: 'rule.fired', alertId, ruleId, analysisId, recordingId }, `rule.fired ${alertId}`);
  };
}
