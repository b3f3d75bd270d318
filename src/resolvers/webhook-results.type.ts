import { BadInputProblem, ConflictProblem, ForbiddenProblem, NotFoundProblem, type ProblemClass } from './problem.type.js';
import { resultOf } from './results.type.js';
import { DeletedWebhook, WebhookDeliveryType, WebhookType } from './webhook.type.js';

/** The problems that everything about webhooks answers with. */
export const WEBHOOK: readonly ProblemClass[] = [BadInputProblem, NotFoundProblem, ConflictProblem, ForbiddenProblem];

export const CreateWebhookResult = resultOf('CreateWebhookResult', 'The webhook with its secret, or what is wrong with it.', WebhookType, WEBHOOK);
export const UpdateWebhookResult = resultOf('UpdateWebhookResult', 'The webhook as it is now, or why it was not changed.', WebhookType, WEBHOOK);
export const DeleteWebhookResult = resultOf('DeleteWebhookResult', 'The webhook that is gone, or why it is still there.', DeletedWebhook, WEBHOOK);
export const RotateWebhookSecretResult = resultOf('RotateWebhookSecretResult', 'The webhook with its new secret, or why it has none.', WebhookType, WEBHOOK);
export const PauseWebhookResult = resultOf('PauseWebhookResult', 'The webhook as it is now, or why it was not paused.', WebhookType, WEBHOOK);
export const ResumeWebhookResult = resultOf('ResumeWebhookResult', 'The webhook as it is now, or why it was not resumed.', WebhookType, WEBHOOK);
export const TestWebhookResult = resultOf('TestWebhookResult', 'The delivery, which is under way, or why there is none.', WebhookDeliveryType, WEBHOOK);
export const RedeliverWebhookResult = resultOf('RedeliverWebhookResult', 'The delivery, which is under way again, or why it is not.', WebhookDeliveryType, WEBHOOK);
