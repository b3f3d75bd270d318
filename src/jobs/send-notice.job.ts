import type { JobHandler } from '../queue/job-queue.js';
import type { NoticeBoard } from '../services/notices.js';

/** One notice to one notifier; the board makes the job of the next try. */
export function sendNoticeJob(board: NoticeBoard): JobHandler<'send-notice'> {
  return (payload, { signal }) => board.run(payload, signal);
}
