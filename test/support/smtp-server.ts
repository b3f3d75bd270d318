import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface SmtpMessage {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and text, as they came. */
  readonly data: string;
  readonly login: string | null;
}
export interface SmtpServer {
  readonly port: number;
  readonly messages: SmtpMessage[];
  /** What it answers to DATA from now on; null: it takes the message. */
  refusal: string | null;
  close(): Promise<void>;
}

/** As much of a mail server as a client needs. It offers no encryption. */
export async function startSmtpServer({ auth = false }: { readonly auth?: boolean } = {}): Promise<SmtpServer> {
  const sockets = new Set<Socket>();
  const messages: SmtpMessage[] = [];
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    talk(socket, auth, (message) => {
      if (smtp.refusal !== null) return smtp.refusal;
      messages.push(message);
      return '250 taken';
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const smtp: SmtpServer = {
    port: (server.address() as AddressInfo).port, messages, refusal: null,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
  return smtp;
}

function talk(socket: Socket, auth: boolean, take: (message: SmtpMessage) => string): void {
  let [from, data, login]: [string, string | null, string | null] = ['', null, null];
  let to: string[] = [];
  let rest = '';
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  const command = (line: string): void => {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') say(auth ? '250-here\r\n250 AUTH PLAIN' : '250 here');
    else if (verb === 'AUTH') {
      login = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString();
      say('235 known');
    } else if (verb === 'MAIL') {
      from = line;
      say('250 ok');
    } else if (verb === 'RCPT') {
      to.push(/<(.*?)>/.exec(line)?.[1] ?? '');
      say('250 ok');
    } else if (verb === 'DATA') {
      data = '';
      say('354 go on');
    } else if (verb === 'QUIT') socket.end('221 bye\r\n');
    else say('502 unknown');
  };
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    rest += chunk;
    for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 2);
      if (data === null) command(line);
      else if (line !== '.') data += `${line}\n`;
      else {
        say(take({ from, to, data, login }));
        [data, to] = [null, []];
      }
    }
  });
  say('220 here');
}
