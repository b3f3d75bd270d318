import { Counter, type Registry } from 'prom-client';
import { createAlertRepository } from './db/alert.repository.js';
import type { Database } from './db/database.js';
import { createWebhookRepository } from './db/webhook.repository.js';
import { networkTest } from './domain/network-address.js';
import type { Settings } from './domain/settings.js';
import { createChatPoster } from './outbound/chat.js';
import { createGuardedPost } from './outbound/guarded-post.js';
import { createMailer } from './outbound/mail.js';
import type { Notifier } from './plugins/contract.js';
import type { JobQueue } from './queue/job-queue.js';
import { createNoticeBoard, type ChosenNotifier, type NoticeBoard } from './services/notices.js';

/** The notifiers of the settings and those of plugins, which hear everything and choose themselves. */
export function composeNotices({ settings, database, queue, registry, ofPlugins }: { readonly settings: Settings; readonly database: Database; readonly queue: JobQueue; readonly registry: Registry; readonly ofPlugins: () => readonly Notifier[] }): NoticeBoard {
  const own = ownNotifiers(settings);
  const alerts = createAlertRepository(database);
  const webhooks = createWebhookRepository(database);
  const notices = new Counter({ name: 'undertone_notices_total', help: 'Notices by notifier and how they ended; a failed one is tried again.', labelNames: ['notifier', 'outcome'], registers: [registry] });
  return createNoticeBoard({
    database, queue,
    notifiers: () => [...own, ...ofPlugins().map((notifier) => ({ notifier, atLeast: 'info' as const }))],
    sources: { alert: (workspaceId, id) => alerts.findById(workspaceId, id), webhook: (workspaceId, id) => webhooks.findById(workspaceId, id) },
    onEnd: (notifier, outcome) => notices.inc({ notifier, outcome }),
  });
}

function ownNotifiers({ notifiers: { mail, chat }, webhooks: { allowHttp, allowedNetworks, timeoutMs } }: Settings): readonly ChosenNotifier[] {
  const chosen: ChosenNotifier[] = [];
  if (mail !== null) {
    const send = createMailer(mail);
    chosen.push({ atLeast: mail.atLeast, notifier: { id: 'mail', notify: ({ id, severity, title, text }, signal) => send({ id, subject: `[Undertone] ${severity}: ${title}`, text }, signal) } });
  }
  if (chat !== null) {
    const post = createChatPoster(chat.url, createGuardedPost({ allowHttp, isAllowed: networkTest(allowedNetworks), timeoutMs }));
    chosen.push({ atLeast: chat.atLeast, notifier: { id: 'slack', notify: ({ severity, title, text }, signal) => post(`*${severity}: ${title}*\n${text}`, signal) } });
  }
  return chosen;
}
