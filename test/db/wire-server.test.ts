import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queryMessage, startupPacket } from '../../src/db/wire-messages.js';
import { WireServer } from '../../src/db/wire-server.js';
import { until } from '../support/until.js';

const READY = { idle: 'I', open: 'T' };

describe('the server in front of the one session', () => {
  let folder: string;
  let server: WireServer;
  let ran: string[];
  const clients: Socket[] = [];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ut-wire-'));
    ran = [];
    let status = READY.idle;
    server = new WireServer(
      {
        exchange: (messages, onData) => {
          const sql = Buffer.from(messages).toString('latin1').slice(5, -1);
          if (messages[0] !== 0) ran.push(sql);
          if (sql === 'BEGIN') status = READY.open;
          if (sql === 'COMMIT' || sql === 'ROLLBACK') status = READY.idle;
          onData(Buffer.from(`Z\0\0\0\x05${status}`, 'latin1'));
        },
      },
      { idleInTransactionMs: 200 },
    );
    await server.listen(join(folder, 'socket'));
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function client(): { readonly send: (bytes: Buffer) => void; readonly received: () => string; readonly isClosed: () => boolean } {
    const socket = connect(join(folder, 'socket'));
    clients.push(socket);
    let received = '';
    let isClosed = false;
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('close', () => (isClosed = true));
    socket.on('error', () => (isClosed = true));
    return { send: (bytes) => socket.write(bytes), received: () => received, isClosed: () => isClosed };
  }
  const started = (): ReturnType<typeof client> => {
    const one = client();
    one.send(startupPacket('postgres', 'postgres'));
    return one;
  };

  it('says no to encryption and then takes the plain session', async () => {
    const one = client();
    one.send(Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]));
    await until('the answer', () => one.received() === 'N');
    one.send(startupPacket('postgres', 'postgres'));
    await until('the greeting', () => one.received().includes('Z'));
  });

  it('runs a message that comes byte by byte once it is whole', async () => {
    const one = started();
    for (const byte of queryMessage('SELECT 1')) one.send(Buffer.from([byte]));
    await until('it ran', () => ran.length === 1);
    expect(ran).toEqual(['SELECT 1']);
  });

  it('keeps the session for the client that opened a transaction, and lets the others wait in order', async () => {
    const [first, second, third] = [started(), started(), started()];
    first.send(queryMessage('BEGIN'));
    await until('it is open', () => ran.includes('BEGIN'));
    second.send(queryMessage('second'));
    await until('greeted', () => second.received() !== '');
    third.send(queryMessage('third'));
    first.send(queryMessage('inside'));
    first.send(queryMessage('COMMIT'));
    await until('all ran', () => ran.length === 5);
    expect(ran.slice(0, 3)).toEqual(['BEGIN', 'inside', 'COMMIT']);
    expect(ran.slice(3).sort()).toEqual(['second', 'third']);
  });

  it('ends a client that sits on an open transaction, undoes it and goes on', async () => {
    const [idle, waiting] = [started(), started()];
    idle.send(queryMessage('BEGIN'));
    await until('it is open', () => ran.includes('BEGIN'));
    waiting.send(queryMessage('waiting'));
    await until('the other ran', () => ran.includes('waiting'));
    expect(ran).toEqual(['BEGIN', 'ROLLBACK', 'waiting']);
    await until('the idle client is gone', () => idle.isClosed());
    expect(idle.received()).toContain('25P03');
  });

  it('undoes the transaction of a client that goes away', async () => {
    const one = started();
    one.send(queryMessage('BEGIN'));
    await until('it is open', () => ran.includes('BEGIN'));
    clients[0]!.destroy();
    await until('it was undone', () => ran.includes('ROLLBACK'));
  });

  it.each([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['an old version of it', Buffer.from([0, 0, 0, 8, 0, 2, 0, 0])],
  ])('drops a client that speaks %s', async (_name, bytes) => {
    const one = client();
    one.send(bytes);
    await until('it is dropped', () => one.isClosed());
    expect(ran).toEqual([]);
  });

  it('drops a client whose message has an impossible length', async () => {
    const one = started();
    one.send(Buffer.from([0x51, 0, 0, 0, 1]));
    await until('it is dropped', () => one.isClosed());
  });
});
