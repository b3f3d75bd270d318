import { UndertoneError } from '../domain/errors.js';
import type { GuardedPost } from './guarded-post.js';

/** Posts `{"text": …}` to an incoming webhook as Slack, Mattermost and Rocket.Chat have them, under the same guard as webhooks. */
export function createChatPoster(url: string, post: GuardedPost): (text: string, signal: AbortSignal) => Promise<void> {
  return async (text, signal) => {
    const { outcome, statusCode } = await post(url, { 'content-type': 'application/json; charset=utf-8' }, Buffer.from(JSON.stringify({ text })), signal);
    if (outcome === 'DELIVERED') return;
    const isFinal = outcome === 'GONE' || outcome === 'ADDRESS_REFUSED' || statusCode === 404 || statusCode === 403;
    if (isFinal) throw new UndertoneError('NOTICE_REFUSED', `The chat webhook refused the message for good (${outcome}${statusCode === null ? '' : `, ${statusCode}`}). Check UNDERTONE_SLACK_URL, and UNDERTONE_WEBHOOK_ALLOW for one inside your network.`, statusCode === null ? {} : { status: statusCode });
    throw new Error(`the chat webhook did not take the message: ${outcome}`);
  };
}
