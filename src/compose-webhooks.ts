import type { Logger } from 'pino';
import type { GraphQLSchema } from 'graphql';
import type { Database } from './db/database.js';
import { createRuleRepository } from './db/rule.repository.js';
import { createDeliveryRepository } from './db/webhook-delivery.repository.js';
import { createWebhookRepository } from './db/webhook.repository.js';
import type { Keyring } from './domain/envelope.js';
import { networkTest } from './domain/network-address.js';
import type { Settings } from './domain/settings.js';
import { asSystem } from './domain/workspace-scope.js';
import { DEFAULT_HTTP_LIMITS } from './http/http-limits.js';
import type { CreateContext } from './http/subscriptions.js';
import type { WebhookMetrics } from './http/webhook-metrics.js';
import { faultOfUrl, type OutboundRules } from './outbound/guarded-address.js';
import { createGuardedPost } from './outbound/guarded-post.js';
import type { JobQueue } from './queue/job-queue.js';
import type { AuditSink } from './services/audit.js';
import { callWebhook } from './services/webhook-action.js';
import { createWebhookBody } from './services/webhook-body.js';
import type { WebhookService } from './services/webhook-contracts.js';
import { createWebhookDispatch, type WebhookDispatch } from './services/webhook-dispatch.js';
import { createWebhookKeys } from './services/webhook-keys.js';
import { createWebhookSender, type WebhookSender } from './services/webhook-sender.js';
import { createWebhookService } from './services/webhook.service.js';
import type { NoticeBoard } from './services/notices.js';
import type { RuleActionHandler } from './services/rule-engine.js';
import { createStoredQueries } from './stored-queries.js';

export interface WebhookParts {
  readonly settings: Settings;
  readonly database: Database;
  readonly queue: JobQueue;
  readonly keyring: Keyring;
  readonly metrics: WebhookMetrics;
}

/** What is needed before facts can be told of; the rest needs the services that stored queries read from. */
export interface OpenedWebhooks {
  readonly dispatch: WebhookDispatch;
  readonly action: RuleActionHandler;
  finish(rest: { readonly audit: AuditSink; readonly notices: Pick<NoticeBoard, 'tell'>; readonly schema: () => GraphQLSchema; readonly createContext: CreateContext; readonly log: Logger }): { readonly service: WebhookService; readonly sender: WebhookSender };
}

export function composeWebhooks({ settings, database, queue, keyring, metrics }: WebhookParts): OpenedWebhooks {
  const { allowHttp, allowedNetworks, timeoutMs, logDays } = settings.webhooks;
  const webhooks = createWebhookRepository(database);
  const deliveries = createDeliveryRepository(database);
  const dispatch = createWebhookDispatch({ transaction: (work) => database.transaction(work), webhooks, deliveries, queue });
  const keys = createWebhookKeys(webhooks, keyring);
  const rules: OutboundRules = { allowHttp, isAllowed: networkTest(allowedNetworks) };
  metrics.observe(() => asSystem(() => webhooks.countByState()));
  return {
    dispatch,
    action: callWebhook(webhooks, dispatch),
    finish({ audit, notices, schema, createContext, log }) {
      const queries = createStoredQueries({ schema, createContext, limits: DEFAULT_HTTP_LIMITS, log });
      return {
        service: createWebhookService({ database, webhooks, deliveries, dispatch, keys, queries, audit, logDays, rules: createRuleRepository(database), faultOfUrl: (url) => faultOfUrl(url, rules) }),
        sender: createWebhookSender({
          database, webhooks, deliveries, dispatch, keys, audit, bodyOf: createWebhookBody(queries), post: createGuardedPost({ ...rules, timeoutMs }),
          observer: { ...metrics, paused: ({ id, workspaceId }) => log.warn({ webhookId: id, workspaceId }, 'a webhook was paused after repeated failure; its log says why') },
          onPause: async (tx, { id, workspaceId }) => {
            await notices.tell(tx, { kind: 'webhook.paused', workspaceId, webhookId: id });
          },
        }),
      };
    },
  };
}
