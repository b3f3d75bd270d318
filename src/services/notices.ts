import type { Database, Transaction } from '../db/database.js';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import type { Fact } from '../domain/events.js';
import { NOTICE_SEVERITIES, NOTICED_FACTS, type NoticeSeverity, type NoticeSubject } from '../domain/notice.js';
import type { Notifier } from '../plugins/contract.js';
import { withDeadline } from '../plugins/deadline.js';
import type { JobPayloads, JobQueue } from '../queue/job-queue.js';
import { noticeOf, type NoticeSources } from './notice-text.js';

const NOTIFY_DEADLINE_MS = 30_000;
/** Waits before the second try and each further one, in seconds: a mail server that restarts, one that is mended over lunch, and no alarm of yesterday. */
const RETRY_DELAYS_SECONDS: readonly number[] = [30, 120, 600, 3600, 4 * 3600];

export interface ChosenNotifier {
  readonly notifier: Notifier;
  readonly atLeast: NoticeSeverity;
}

/** Tells people: a job for each notifier, so that one that fails is tried again alone. */
export interface NoticeBoard {
  /** In the transaction that makes the fact true; answers how many jobs there are. */
  tell(tx: Transaction, about: Fact | NoticeSubject): Promise<number>;
  wake(): void;
  run(payload: JobPayloads['send-notice'], signal: AbortSignal): Promise<void>;
}

export interface NoticeBoardParts {
  readonly database: Pick<Database, 'transaction'>;
  readonly queue: Pick<JobQueue, 'enqueue' | 'wake'>;
  /** Asked each time: those of plugins are there once they have registered. */
  readonly notifiers: () => readonly ChosenNotifier[];
  readonly sources: NoticeSources;
  readonly onEnd: (notifier: string, outcome: 'sent' | 'left-out' | 'failed') => void;
  readonly retryDelaysSeconds?: readonly number[];
}

export function createNoticeBoard({ database, queue, notifiers, sources, onEnd, retryDelaysSeconds = RETRY_DELAYS_SECONDS }: NoticeBoardParts): NoticeBoard {
  const schedule = (tx: Transaction, payload: JobPayloads['send-notice'], startAfterSeconds: number): Promise<void> =>
    queue.enqueue(tx, 'send-notice', payload, { priority: 'bulk', key: `${payload.notifier} ${keyOf(payload.about)} ${payload.tryCount}`, workspaceId: payload.about.workspaceId, startAfterSeconds });

  return {
    async tell(tx, about) {
      if (!isNoticed(about)) return 0;
      const all = notifiers();
      for (const { notifier } of all) await schedule(tx, { notifier: notifier.id, about, tryCount: 0 }, 0);
      return all.length;
    },
    wake: () => queue.wake('send-notice'),
    async run(payload, signal) {
      const chosen = notifiers().find(({ notifier }) => notifier.id === payload.notifier);
      // Taken out of the settings since: nobody waits for it.
      if (chosen === undefined) return;
      const notice = await noticeOf(payload.about, sources);
      if (notice === null || NOTICE_SEVERITIES.indexOf(notice.severity) < NOTICE_SEVERITIES.indexOf(chosen.atLeast)) {
        onEnd(payload.notifier, 'left-out');
        return;
      }
      try {
        await withDeadline(NOTIFY_DEADLINE_MS, signal, (inner) => chosen.notifier.notify(notice, inner));
        onEnd(payload.notifier, 'sent');
      } catch (error) {
        signal.throwIfAborted();
        onEnd(payload.notifier, 'failed');
        const delay = retryDelaysSeconds[payload.tryCount];
        // In the end it is a dead letter, which says why and can be retried.
        if (isUndertoneError(error) && !error.retryable) throw error;
        if (delay === undefined) throw new UndertoneError('NOTICE_REFUSED', `The notifier ${payload.notifier} failed on each of its ${payload.tryCount + 1} tries; the log says why.`, {}, { cause: error });
        await database.transaction((tx) => schedule(tx, { ...payload, tryCount: payload.tryCount + 1 }, delay));
      }
    },
  };
}

function isNoticed(about: Fact | NoticeSubject): about is NoticeSubject {
  return about.kind === 'webhook.paused' || (NOTICED_FACTS as readonly string[]).includes(about.kind);
}

function keyOf(about: NoticeSubject): string {
  if (about.kind === 'alert.raised') return about.alertId;
  if (about.kind === 'webhook.paused') return `${about.kind} ${about.webhookId}`;
  return `${about.kind} ${about.kind === 'key.ending' ? about.keyId : about.workspaceId}`;
}
