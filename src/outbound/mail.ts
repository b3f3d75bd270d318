import { createTransport } from 'nodemailer';
import { UndertoneError } from '../domain/errors.js';

const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 20_000;

export interface MailOptions {
  /** `smtp://[user:password@]host[:port]` (STARTTLS where the server offers it), or `smtps://` for TLS from the beginning. */
  readonly url: string;
  readonly from: string;
  readonly to: readonly string[];
}
export interface Mail {
  /** The same on every try: a mailbox shows doubles as one. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
}

/** Plain mail over SMTP. Rejects with what the server or the network says; NOTICE_REFUSED where another try is of no use. */
export function createMailer({ url, from, to }: MailOptions): (mail: Mail, signal: AbortSignal) => Promise<void> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return async ({ id, subject, text }, signal) => {
    signal.throwIfAborted();
    const transport = createTransport({
      host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? (secure ? 465 : 587) : Number(port), secure,
      ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
      // A password goes over the network encrypted or not at all.
      requireTLS: !secure && username !== '' && !isHere,
      connectionTimeout: CONNECT_TIMEOUT_MS, greetingTimeout: CONNECT_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS, disableFileAccess: true, disableUrlAccess: true,
    });
    const stop = (): void => transport.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      // `Auto-Submitted` keeps absence notes from answering.
      await transport.sendMail({ from, to: [...to], subject, text, messageId: `<${id.replace(/[^\w.-]/g, '-')}@undertone>`, headers: { 'Auto-Submitted': 'auto-generated' } });
    } catch (error) {
      signal.throwIfAborted();
      const { responseCode } = error as { responseCode?: number };
      if (responseCode !== undefined && responseCode >= 500) throw new UndertoneError('NOTICE_REFUSED', `The mail server refused the message for good (${responseCode}). Check UNDERTONE_MAIL_FROM, UNDERTONE_MAIL_TO and what UNDERTONE_SMTP_URL may send.`, { status: responseCode }, { cause: error });
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      transport.close();
    }
  };
}
