import { Arg, Ctx, FieldResolver, Float, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { DeliveryRecord, DeliveryState, WebhookKeyRecord, WebhookRecord } from '../domain/webhook.js';
import type { WebhookWithSecret } from '../services/webhook-contracts.js';
import { toConnection, type Connection } from './page.type.js';
import { pageRequest } from './page-request.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { CreateWebhookResult, DeleteWebhookResult, PauseWebhookResult, RedeliverWebhookResult, ResumeWebhookResult, RotateWebhookSecretResult, TestWebhookResult, UpdateWebhookResult, WEBHOOK } from './webhook-results.type.js';
import { CreateWebhookInput, UpdateWebhookInput, WebhookDeliveryConnection, WebhookDeliveryStateEnum, WebhookDeliveryType, WebhookKey, WebhookType } from './webhook.type.js';

@Resolver(() => WebhookType)
export class WebhookResolver {
  @Query(() => [WebhookType], { description: 'The webhooks of the workspace, oldest first; for admins.' })
  async webhooks(@Ctx() context: RequestContext): Promise<readonly WebhookRecord[]> {
    return context.services.webhooks.list(context.principal);
  }

  @Query(() => WebhookType, { nullable: true, description: 'One webhook, or null when there is none that you may see.' })
  webhook(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the webhook.' }) id: string): Promise<WebhookRecord | null> {
    return context.services.webhooks.find(context.principal, id);
  }

  @Query(() => WebhookDeliveryType, { nullable: true, description: 'One delivery, or null when there is none that you may see.' })
  webhookDelivery(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the delivery.' }) id: string): Promise<DeliveryRecord | null> {
    return context.services.webhooks.findDelivery(context.principal, id);
  }

  @Mutation(() => CreateWebhookResult, { description: 'Makes a webhook. Its `secret` is in this answer and never again.' })
  createWebhook(@Ctx() context: RequestContext, @Arg('input', () => CreateWebhookInput, { description: 'The webhook.' }) input: CreateWebhookInput): Promise<WebhookWithSecret | Problem> {
    return orProblem(WEBHOOK, () => context.services.webhooks.create(context.principal, input));
  }

  @Mutation(() => UpdateWebhookResult, { description: 'Changes a webhook; what is not named stays.' })
  updateWebhook(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the webhook.' }) id: string,
    @Arg('input', () => UpdateWebhookInput, { description: 'What is to change.' }) input: UpdateWebhookInput,
  ): Promise<WebhookRecord | Problem> {
    return orProblem(WEBHOOK, () => context.services.webhooks.update(context.principal, id, input));
  }

  @Mutation(() => DeleteWebhookResult, { description: 'Deletes a webhook with its keys and its log. What waits is not delivered any more. One that enabled rules call is refused with their names.' })
  deleteWebhook(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the webhook.' }) id: string,
    @Arg('evenIfCalled', () => Boolean, { nullable: true, defaultValue: false, description: 'Also when enabled rules call it: they fire on, and their alerts say that the webhook is not there.' }) evenIfCalled: boolean | null,
  ): Promise<{ readonly id: string } | Problem> {
    return orProblem(WEBHOOK, () => context.services.webhooks.delete(context.principal, id, { evenIfCalled: evenIfCalled ?? false }));
  }

  @Mutation(() => RotateWebhookSecretResult, { description: 'Makes a new key. Deliveries carry a signature of each key until the old ones end.' })
  rotateWebhookSecret(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the webhook.' }) id: string,
    @Arg('overlapHours', () => Float, { nullable: true, defaultValue: 24, description: 'How long the old keys sign beside the new one, 0 to 168 hours.' }) overlapHours: number | null,
  ): Promise<WebhookWithSecret | Problem> {
    return orProblem(WEBHOOK, () => context.services.webhooks.rotateSecret(context.principal, id, overlapHours ?? 24));
  }

  @Mutation(() => PauseWebhookResult, { description: 'Holds deliveries back until `resumeWebhook`.' })
  pauseWebhook(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the webhook.' }) id: string): Promise<WebhookRecord | Problem> {
    return orProblem(WEBHOOK, () => context.services.webhooks.pause(context.principal, id));
  }

  @Mutation(() => ResumeWebhookResult, { description: 'Delivers again, first of all what was held.' })
  resumeWebhook(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the webhook.' }) id: string): Promise<WebhookRecord | Problem> {
    return orProblem(WEBHOOK, () => context.services.webhooks.resume(context.principal, id));
  }

  @Mutation(() => TestWebhookResult, { description: 'Sends `webhook.test` once, to a paused webhook as well. Ask for `webhookDelivery` to see how it went.' })
  testWebhook(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the webhook.' }) id: string): Promise<DeliveryRecord | Problem> {
    return orProblem(WEBHOOK, () => context.services.webhooks.test(context.principal, id));
  }

  @Mutation(() => RedeliverWebhookResult, { description: 'Delivers again under the same id, with all tries anew.' })
  redeliverWebhook(@Ctx() context: RequestContext, @Arg('deliveryId', () => ID, { description: 'Id of the delivery.' }) deliveryId: string): Promise<DeliveryRecord | Problem> {
    return orProblem(WEBHOOK, () => context.services.webhooks.redeliver(context.principal, deliveryId));
  }

  @FieldResolver(() => WebhookDeliveryConnection, { description: 'The log of deliveries, newest first.' })
  async deliveries(
    @Ctx() context: RequestContext,
    @Root() webhook: WebhookRecord,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
    @Arg('state', () => WebhookDeliveryStateEnum, { nullable: true, description: 'Only those in this state.' }) state: DeliveryState | null,
  ): Promise<Connection<DeliveryRecord>> {
    return toConnection(await context.services.webhooks.deliveries(context.principal, webhook.id, pageRequest(context.settings.maxPageSize, first, 20, after), state ?? null));
  }

  @FieldResolver(() => [WebhookKey], { description: 'Keys that sign now, the newest first.' })
  keys(@Ctx() context: RequestContext, @Root() webhook: WebhookRecord): Promise<readonly WebhookKeyRecord[]> {
    return context.services.webhooks.keys(context.principal, webhook.id);
  }
}
