import type { WebhookEvent, WebhookKeyRecord, WebhookRecord, WebhookSigning, WebhookState } from '../domain/webhook.js';
import type { Database, Transaction } from './database.js';
import type { Webhook } from './generated/client.js';
import type { WebhookRepository } from './webhook-repositories.js';

export function createWebhookRepository({ client }: Database): WebhookRepository {
  /** The secrets go with their keys: nothing else refers to them. */
  async function deleteKeys(tx: Transaction, where: { readonly webhookId: string; readonly expiresAt?: { readonly lte: Date } }): Promise<void> {
    const ids = (await tx.webhookKey.findMany({ where, select: { id: true } })).map(({ id }) => id);
    await tx.webhookKey.deleteMany({ where: { id: { in: ids } } });
    await tx.workspaceSecret.deleteMany({ where: { id: { in: ids }, purpose: 'webhook' } });
  }

  return {
    insert: async (tx, row) => toWebhook(await tx.webhook.create({ data: { ...row, events: [...row.events], state: 'ACTIVE' } })),
    update: async (tx, workspaceId, id, { events, ...changes }) => {
      const isMoved = changes.url !== undefined;
      const { count } = await tx.webhook.updateMany({
        where: { id, workspaceId },
        data: { ...changes, ...(events === undefined ? {} : { events: [...events] }), ...(isMoved ? { failureCount: 0, failingSince: null } : {}), updatedAt: new Date() },
      });
      return count === 0 ? null : toWebhook(await tx.webhook.findFirstOrThrow({ where: { id } }));
    },
    delete: async (tx, workspaceId, id) => {
      if ((await tx.webhook.findFirst({ where: { id, workspaceId }, select: { id: true } })) === null) return false;
      await deleteKeys(tx, { webhookId: id });
      return (await tx.webhook.deleteMany({ where: { id, workspaceId } })).count === 1;
    },
    findById: async (workspaceId, id, tx) => {
      const row = await (tx ?? client).webhook.findFirst({ where: { id, workspaceId } });
      return row === null ? null : toWebhook(row);
    },
    list: async (workspaceId) => (await client.webhook.findMany({ where: { workspaceId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map(toWebhook),
    count: (workspaceId) => client.webhook.count({ where: { workspaceId } }),
    listening: async (tx, workspaceId, event) => {
      const rows = await tx.webhook.findMany({ where: { workspaceId, events: { has: event } }, select: { id: true, workspaceId: true, state: true }, orderBy: { id: 'asc' } });
      return rows.map((row) => ({ ...row, state: row.state as WebhookState }));
    },
    noteSuccess: async (tx, id, at) => {
      await tx.webhook.updateMany({ where: { id }, data: { failureCount: 0, failingSince: null, lastDeliveredAt: at } });
    },
    noteFailure: async (tx, id, at) => {
      await tx.webhook.updateMany({ where: { id, failingSince: null }, data: { failingSince: at } });
      await tx.webhook.updateMany({ where: { id }, data: { failureCount: { increment: 1 } } });
      return (await tx.webhook.findFirst({ where: { id }, select: { failureCount: true, failingSince: true } })) ?? { failureCount: 0, failingSince: null };
    },
    pause: async (tx, id, reason, at) => (await tx.webhook.updateMany({ where: { id, state: 'ACTIVE' }, data: { state: 'PAUSED', pausedReason: reason, pausedAt: at } })).count === 1,
    resume: async (tx, workspaceId, id) => (await tx.webhook.updateMany({ where: { id, workspaceId, state: 'PAUSED' }, data: { state: 'ACTIVE', pausedReason: null, pausedAt: null, failureCount: 0, failingSince: null } })).count === 1,
    insertKey: async (tx, key, secret) => {
      await tx.workspaceSecret.create({ data: { ...secret, wrapped: new Uint8Array(secret.wrapped), publicKey: secret.publicKey === null ? null : new Uint8Array(secret.publicKey) } });
      await tx.webhookKey.create({ data: { ...key, workspaceId: secret.workspaceId } });
    },
    keys: async (webhookId, at) => {
      const keys = await client.webhookKey.findMany({ where: { webhookId, OR: [{ expiresAt: null }, { expiresAt: { gt: at } }] }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] });
      const secrets = new Map((await client.workspaceSecret.findMany({ where: { id: { in: keys.map(({ id }) => id) } } })).map((secret) => [secret.id, secret]));
      return keys.flatMap((key) => {
        const secret = secrets.get(key.id);
        return secret === undefined ? [] : [{ ...toKey(key), workspaceId: key.workspaceId, publicKey: secret.publicKey === null ? null : Buffer.from(secret.publicKey), wrapped: Buffer.from(secret.wrapped), wrappingKeyId: secret.wrappingKeyId }];
      });
    },
    retireKeys: async (tx, webhookId, at, endsAt) => {
      await tx.webhookKey.updateMany({ where: { webhookId, expiresAt: null }, data: { expiresAt: endsAt } });
      await deleteKeys(tx, { webhookId, expiresAt: { lte: at } });
    },
    countByState: async () => (await client.webhook.groupBy({ by: ['state'], _count: { _all: true } })).map((row) => ({ state: row.state, count: row._count._all })),
  };
}

export function toWebhook({ events, signing, state, ...row }: Webhook): WebhookRecord {
  return { ...row, events: events as WebhookEvent[], signing: signing as WebhookSigning, state: state as WebhookState };
}

function toKey({ id, webhookId, signing, createdAt, expiresAt }: { id: string; webhookId: string; signing: string; createdAt: Date; expiresAt: Date | null }): WebhookKeyRecord {
  return { id, webhookId, signing: signing as WebhookSigning, createdAt, expiresAt };
}
