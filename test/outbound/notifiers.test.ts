import { afterEach, describe, expect, it } from 'vitest';
import { networkTest } from '../../src/domain/network-address.js';
import { createChatPoster } from '../../src/outbound/chat.js';
import { createGuardedPost } from '../../src/outbound/guarded-post.js';
import { createMailer } from '../../src/outbound/mail.js';
import { startReceiver, withStatus } from '../support/receivers.js';
import { startSmtpServer, type SmtpServer } from '../support/smtp-server.js';

const never = new AbortController().signal;
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});
async function smtp(auth = false): Promise<SmtpServer> {
  const server = await startSmtpServer({ auth });
  opened.push(server);
  return server;
}
const MAIL = { id: 'alr_1', subject: '[Undertone] critical: Anger', text: 'The rule "Anger" fired.' };

describe('mail', () => {
  it('goes to all receivers, in one message that every try names the same', async () => {
    const server = await smtp();
    const send = createMailer({ url: `smtp://127.0.0.1:${server.port}`, from: 'Undertone <undertone@example.org>', to: ['a@example.org', 'b@example.org'] });
    await send(MAIL, never);
    await send(MAIL, never);
    expect(server.messages).toHaveLength(2);
    expect(server.messages[0]).toMatchObject({ to: ['a@example.org', 'b@example.org'], login: null });
    expect(server.messages[0]!.from).toContain('<undertone@example.org>');
    for (const { data } of server.messages) {
      expect(data).toContain('Message-ID: <alr_1@undertone>');
      expect(data).toContain('Subject: [Undertone] critical: Anger');
      expect(data).toContain('Auto-Submitted: auto-generated');
      expect(data).toContain('The rule "Anger" fired.');
    }
  });

  it('keeps a name of a rule from writing headers of its own', async () => {
    const server = await smtp();
    await createMailer({ url: `smtp://127.0.0.1:${server.port}`, from: 'u@example.org', to: ['a@example.org'] })({ ...MAIL, subject: 'x\r\nBcc: c@example.org' }, never);
    expect(server.messages[0]!.to).toEqual(['a@example.org']);
    expect(server.messages[0]!.data).not.toMatch(/^Bcc:/m);
  });

  it('logs in on this machine, and sends no password to another without encryption', async () => {
    const server = await smtp(true);
    await createMailer({ url: `smtp://user:s%40cret@127.0.0.1:${server.port}`, from: 'u@example.org', to: ['a@example.org'] })(MAIL, never);
    expect(server.messages[0]!.login).toBe('\0user\0s@cret');
    await expect(createMailer({ url: `smtp://user:s%40cret@127.0.0.2:${server.port}`, from: 'u@example.org', to: ['a@example.org'] })(MAIL, never)).rejects.toThrow();
    expect(server.messages).toHaveLength(1);
  });

  it('that is refused for good is told apart from what may go better later', async () => {
    const server = await smtp();
    const send = createMailer({ url: `smtp://127.0.0.1:${server.port}`, from: 'u@example.org', to: ['a@example.org'] });
    server.refusal = '451 later';
    await expect(send(MAIL, never)).rejects.not.toMatchObject({ code: 'NOTICE_REFUSED' });
    server.refusal = '550 never';
    await expect(send(MAIL, never)).rejects.toMatchObject({ code: 'NOTICE_REFUSED', retryable: false });
    await server.close();
    await expect(send(MAIL, never)).rejects.not.toMatchObject({ code: 'NOTICE_REFUSED' });
  });
});

describe('chat', () => {
  const post = createGuardedPost({ allowHttp: true, isAllowed: networkTest(['loopback']), timeoutMs: 20_000 });

  it('gets one text, and a refusal for good is told apart from a passing one', async () => {
    const receiver = await startReceiver();
    opened.push(receiver);
    const say = createChatPoster(receiver.url, post);
    await say('*critical: Anger*', never);
    expect(JSON.parse(receiver.received[0]!.body.toString())).toEqual({ text: '*critical: Anger*' });
    receiver.answer = withStatus(500);
    await expect(say('x', never)).rejects.not.toMatchObject({ code: 'NOTICE_REFUSED' });
    receiver.answer = withStatus(404);
    await expect(say('x', never)).rejects.toMatchObject({ code: 'NOTICE_REFUSED' });
  });

  it('is under the guard of webhooks', async () => {
    const closed = createGuardedPost({ allowHttp: true, isAllowed: networkTest([]), timeoutMs: 20_000 });
    await expect(createChatPoster('http://169.254.169.254/', closed)('x', never)).rejects.toMatchObject({ code: 'NOTICE_REFUSED' });
  });
});
