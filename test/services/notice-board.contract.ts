import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { composeNotices } from '../../src/compose-notices.js';
import { readSettings } from '../../src/config.js';
import { createWebhookRepository } from '../../src/db/webhook.repository.js';
import { UndertoneError } from '../../src/domain/errors.js';
import type { Fact } from '../../src/domain/events.js';
import type { AlertRecord } from '../../src/domain/rule-records.js';
import type { WebhookRecord } from '../../src/domain/webhook.js';
import { sendNoticeJob } from '../../src/jobs/send-notice.job.js';
import type { Notice } from '../../src/plugins/contract.js';
import { createBossQueue } from '../../src/queue/boss-queue.js';
import { createNoticeBoard, type ChosenNotifier } from '../../src/services/notices.js';
import { startReceiver } from '../support/receivers.js';
import { startSmtpServer } from '../support/smtp-server.js';
import type { TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

const raised: Fact = { kind: 'alert.raised', workspaceId: 'ws', alertId: 'alr_1', ruleId: 'rul', analysisId: 'ana_1', recordingId: 'rec_1' };
const ALERT = { id: 'alr_1', ruleName: 'Anger', severity: 'critical', analysisId: 'ana_1', recordingId: 'rec_1', startSeconds: 1, endSeconds: 21.25 } as AlertRecord;
const PAUSED = { id: 'whk_1', state: 'PAUSED', pausedReason: 'The receiver answered 410 Gone.', pausedAt: new Date(0) } as WebhookRecord;

/** From a fact to the people who are told, over real mail and chat too, on any PostgreSQL. */
export function describeNotices(engine: string, open: () => Promise<TestDatabase>): void {
  describe(`notices on ${engine}`, () => {
    let database: TestDatabase;
    const opened: (() => Promise<void>)[] = [];
    beforeAll(async () => {
      database = await open();
    });
    afterEach(async () => {
      for (const close of opened.splice(0).reverse()) await close();
      await database.db.client.$executeRaw`DELETE FROM pgboss.job`;
    });
    afterAll(() => database.dispose());

    async function startQueue() {
      const queue = createBossQueue({ connectionString: database.db.connectionString, reclaimActive: false, log: { warn: () => undefined, error: () => undefined }, pollIntervalMs: 25, retryDelaySeconds: 0 });
      await queue.start();
      opened.push(() => queue.stop({ deadlineMs: 0 }));
      return queue;
    }
    async function board(notifiers: readonly ChosenNotifier[], alert: AlertRecord | null = ALERT) {
      const queue = await startQueue();
      const ended: string[] = [];
      const notices = createNoticeBoard({
        database: database.db, queue, notifiers: () => notifiers, retryDelaysSeconds: [0, 0], onEnd: (notifier, outcome) => ended.push(`${notifier} ${outcome}`),
        sources: { alert: () => Promise.resolve(alert), webhook: () => Promise.resolve(PAUSED) },
      });
      await queue.work('send-notice', { concurrency: 2 }, sendNoticeJob(notices));
      const tell = async (about: Parameters<typeof notices.tell>[1]): Promise<number> => {
        const count = await database.db.transaction((tx) => notices.tell(tx, about));
        notices.wake();
        return count;
      };
      return { queue, ended, tell };
    }
    function notifier(id: string, atLeast: ChosenNotifier['atLeast'] = 'info', fail: (count: number) => Error | null = () => null): ChosenNotifier & { readonly heard: Notice[] } {
      const heard: Notice[] = [];
      return { atLeast, heard, notifier: { id, notify: (notice) => {
        heard.push(notice);
        const failure = fail(heard.length);
        return failure === null ? Promise.resolve() : Promise.reject(failure);
      } } };
    }

    it('go to each notifier once, with the name of the rule, ids and times', async () => {
      const [mail, chat] = [notifier('mail'), notifier('chat')];
      const { ended, tell } = await board([mail, chat]);
      expect(await tell(raised)).toBe(2);
      await until('both have heard', () => ended.length === 2);
      expect(mail.heard).toEqual(chat.heard);
      expect(mail.heard).toEqual([{ id: 'alr_1', workspaceId: 'ws', severity: 'critical', title: 'Anger', text: 'The rule "Anger" fired from 1.0 s to 21.3 s of the recording rec_1 (analysis ana_1, alert alr_1, workspace ws).' }]);
    });

    it('leave out what is milder than asked for, and what is gone', async () => {
      const strict = notifier('mail', 'critical');
      const mild = await board([strict], { ...ALERT, severity: 'warning' });
      await mild.tell(raised);
      await until('it was left out', () => mild.ended.length === 1);
      // One worker at a time: either would take the other's job.
      await opened.pop()!();
      const gone = await board([strict], null);
      await gone.tell(raised);
      await until('it was left out too', () => gone.ended.length === 1);
      expect([strict.heard, mild.ended, gone.ended]).toEqual([[], ['mail left-out'], ['mail left-out']]);
    });

    it('try one that fails again, alone and under the same id', async () => {
      const [bad, good] = [notifier('bad', 'info', (count) => (count < 3 ? new Error('no') : null)), notifier('good')];
      const { ended, tell } = await board([bad, good]);
      await tell(raised);
      await until('it came through', () => ended.includes('bad sent'));
      expect(bad.heard.map(({ id }) => id)).toEqual(['alr_1', 'alr_1', 'alr_1']);
      expect(good.heard).toHaveLength(1);
    });

    it('end among the dead letters when tries are used up, and at once when a server refuses for good', async () => {
      const { queue, ended, tell } = await board([notifier('bad', 'info', () => new Error('no')), notifier('refusing', 'info', () => new UndertoneError('NOTICE_REFUSED', 'Never.'))]);
      await tell(raised);
      const letters = async () => (await queue.deadLetters('ws', { first: 10, before: null })).items;
      await until('both are given up', async () => (await letters()).length === 2);
      expect((await letters()).map(({ job, code }) => `${job} ${code}`)).toEqual(['send-notice NOTICE_REFUSED', 'send-notice NOTICE_REFUSED']);
      expect(ended.filter((one) => one === 'bad failed')).toHaveLength(3);
      expect(ended.filter((one) => one === 'refusing failed')).toHaveLength(1);
    });

    it('arrive by mail and in chat as the settings say, about rows of this database', async () => {
      const [smtp, chat] = [await startSmtpServer(), await startReceiver()];
      opened.push(() => smtp.close(), () => chat.close());
      const settings = readSettings({ UNDERTONE_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, UNDERTONE_MAIL_FROM: 'undertone@example.org', UNDERTONE_MAIL_TO: 'ops@example.org', UNDERTONE_SLACK_URL: chat.url, UNDERTONE_SLACK_SEVERITY: 'critical', UNDERTONE_WEBHOOK_HTTP: 'true', UNDERTONE_WEBHOOK_ALLOW: 'loopback' }, '/nonexistent');
      const queue = await startQueue();
      const notices = composeNotices({ settings, database: database.db, queue, registry: new Registry(), ofPlugins: () => [] });
      await queue.work('send-notice', { concurrency: 2 }, sendNoticeJob(notices));
      const webhooks = createWebhookRepository(database.db);
      await database.db.client.workspace.create({ data: { id: 'ws_told', name: 'Told' } });
      await database.db.transaction(async (tx) => {
        await webhooks.insert(tx, { id: 'whk_told', workspaceId: 'ws_told', name: null, url: 'https://example.org/', events: [], query: null, signing: 'HMAC_SHA256', createdBy: 'key_1' });
        await webhooks.pause(tx, 'whk_told', 'The receiver answered 410 Gone.', new Date());
        await notices.tell(tx, { kind: 'webhook.paused', workspaceId: 'ws_told', webhookId: 'whk_told' });
        await notices.tell(tx, { kind: 'disk.low', workspaceId: 'ws_told', freeBytes: 1024 * 1024, lowBytes: 9 * 1024 * 1024 });
      });
      notices.wake();
      await until('both mails and the message have come', () => smtp.messages.length === 2 && chat.received.length === 1);
      expect(smtp.messages.map(({ data }) => /^Subject: (.*)$/m.exec(data)![1]!.trim()).sort()).toEqual(['[Undertone] critical: The disk is nearly full', '[Undertone] warning: A webhook was paused']);
      expect(smtp.messages.every(({ to }) => to.join() === 'ops@example.org')).toBe(true);
      expect(JSON.parse(chat.received[0]!.body.toString())).toEqual({ text: expect.stringMatching(/^\*critical: The disk is nearly full\*\n1 MiB are free/) as string });
    });

    it('tell of paused webhooks, keys, quotas and disks, and of nothing else', async () => {
      const all = notifier('mail');
      const { ended, tell } = await board([all]);
      expect(await tell({ kind: 'recording.deleted', workspaceId: 'ws', recordingId: 'rec' })).toBe(0);
      await tell({ kind: 'webhook.paused', workspaceId: 'ws', webhookId: 'whk_1' });
      await tell({ kind: 'key.ending', workspaceId: 'ws', keyId: 'key_1', endsAt: '2026-01-01T00:00:00.000Z' });
      await tell({ kind: 'quota.near', workspaceId: 'ws', storedBytes: 95 * 1024 * 1024, maxBytes: 100 * 1024 * 1024 });
      await tell({ kind: 'disk.low', workspaceId: 'ws', freeBytes: 1024 * 1024, lowBytes: 9 * 1024 * 1024 });
      await until('all were told', () => ended.length === 4);
      expect(all.heard.map(({ severity, title }) => `${severity} ${title}`).sort()).toEqual(['critical The disk is nearly full', 'warning A webhook was paused', 'warning An API key ends soon', 'warning The storage quota is nearly used']);
      expect(all.heard.find(({ title }) => title === 'A webhook was paused')!.text).toContain('The receiver answered 410 Gone.');
    });
  });
}
