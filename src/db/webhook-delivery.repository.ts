import type { DeliveredEvent, DeliveryRecord, DeliveryState, DeliveryVariables, WebhookAttempt } from '../domain/webhook.js';
import type { Database } from './database.js';
import type { Prisma, WebhookDelivery } from './generated/client.js';
import { toPage } from './keyset-cursor.js';
import { olderThan, timeCursor } from './time-page.js';
import type { DeliveryRepository } from './webhook-repositories.js';
import { toWebhook } from './webhook.repository.js';

const LIST = 'webhook-deliveries';
/** Tries that are shown: two whole rounds. */
const KEPT_ATTEMPTS = 24;

export function createDeliveryRepository({ client }: Database): DeliveryRepository {
  return {
    insert: async (tx, { variables, ...row }) => {
      const { count } = await tx.webhookDelivery.createMany({ data: [{ ...row, variables: { ...variables }, attempts: [] }], skipDuplicates: true });
      return count === 1;
    },
    findById: async (workspaceId, id) => {
      const row = await client.webhookDelivery.findFirst({ where: { id, workspaceId } });
      return row === null ? null : toDelivery(row);
    },
    findForWork: async (id) => {
      const row = await client.webhookDelivery.findFirst({ where: { id } });
      const webhook = row === null ? null : await client.webhook.findFirst({ where: { id: row.webhookId } });
      return row === null || webhook === null ? null : { delivery: toDelivery(row), webhook: toWebhook(webhook) };
    },
    list: async (workspaceId, webhookId, page, state) => {
      const where = { workspaceId, webhookId, ...(state === null ? {} : { state }) };
      const [rows, totalCount] = await Promise.all([
        client.webhookDelivery.findMany({ where: { ...where, AND: olderThan(LIST, page.after, 'createdAt') }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: page.first + 1 }),
        client.webhookDelivery.count({ where }),
      ]);
      return toPage(rows, page.first, totalCount, toDelivery, (row) => timeCursor(LIST, row.createdAt, row.id));
    },
    recordAttempt: async (tx, { id, round, tryCount }, attempt, { state, nextAttemptAt, endedAt }) => {
      const row = await tx.webhookDelivery.findFirst({ where: { id, round, tryCount, state: 'PENDING' }, select: { attempts: true } });
      if (row === null) return false;
      const attempts = [...(row.attempts as unknown as WebhookAttempt[]), attempt].slice(-KEPT_ATTEMPTS);
      const { count } = await tx.webhookDelivery.updateMany({
        where: { id, round, tryCount, state: 'PENDING' },
        data: { attempts: attempts as unknown as Prisma.InputJsonArray, attemptCount: { increment: 1 }, tryCount: { increment: 1 }, state, nextAttemptAt, endedAt },
      });
      return count === 1;
    },
    hold: async (tx, webhookId, id) => (await tx.webhookDelivery.updateMany({ where: { webhookId, state: 'PENDING', event: { not: 'webhook.test' }, ...(id === undefined ? {} : { id }) }, data: { state: 'HELD', nextAttemptAt: null } })).count,
    release: async (tx, webhookId, at, first) => {
      const held = await tx.webhookDelivery.findMany({ where: { webhookId, state: 'HELD' }, orderBy: { id: 'asc' }, take: first, select: { id: true } });
      const ids = held.map(({ id }) => id);
      await tx.webhookDelivery.updateMany({ where: { id: { in: ids }, state: 'HELD' }, data: { state: 'PENDING', nextAttemptAt: at, round: { increment: 1 }, tryCount: 0 } });
      return (await tx.webhookDelivery.findMany({ where: { id: { in: ids }, state: 'PENDING' }, orderBy: { id: 'asc' } })).map(toDelivery);
    },
    reopen: async (tx, workspaceId, id, at) => {
      const { count } = await tx.webhookDelivery.updateMany({ where: { id, workspaceId }, data: { state: 'PENDING', nextAttemptAt: at, endedAt: null, round: { increment: 1 }, tryCount: 0 } });
      return count === 0 ? null : toDelivery(await tx.webhookDelivery.findFirstOrThrow({ where: { id } }));
    },
    overdue: async (before, afterId, first) =>
      (await client.webhookDelivery.findMany({ where: { state: 'PENDING', nextAttemptAt: { lt: before }, ...(afterId === null ? {} : { id: { gt: afterId } }) }, orderBy: { id: 'asc' }, take: first })).map(toDelivery),
    withHeld: () => client.$queryRaw<{ id: string; heldCount: number }[]>`
      SELECT w."id", count(*)::int AS "heldCount" FROM "Webhook" w JOIN "WebhookDelivery" d ON d."webhookId" = w."id" AND d."state" = 'HELD' WHERE w."state" = 'ACTIVE' GROUP BY w."id" ORDER BY 1`,
    prune: (before, first) => client.$executeRaw`
      DELETE FROM "WebhookDelivery" WHERE "id" IN (SELECT "id" FROM "WebhookDelivery" WHERE "createdAt" < ${before} AND "state" <> 'PENDING' ORDER BY "createdAt" LIMIT ${first})`,
    countPrunable: (before) => client.webhookDelivery.count({ where: { createdAt: { lt: before }, state: { not: 'PENDING' } } }),
  };
}

function toDelivery({ event, variables, state, attempts, occurrenceKey: _key, ...row }: WebhookDelivery): DeliveryRecord {
  return { ...row, event: event as DeliveredEvent, variables: variables as unknown as DeliveryVariables, state: state as DeliveryState, attempts: attempts as unknown as WebhookAttempt[] };
}
