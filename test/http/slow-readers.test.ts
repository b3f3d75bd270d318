import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Services } from '../../src/services/service-contracts.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const READ_TIMEOUT_MS = 800;
/** More than the system's own buffers on both sides take. */
const BYTES = 64 * 1024 * 1024;
let app: TestApp;
let path: string;
beforeAll(async () => {
  app = await startTestApp({ limits: { readTimeoutMs: READ_TIMEOUT_MS } });
  path = `/recordings/${app.world.addRecording({}, Buffer.alloc(BYTES)).id}/audio`;
});
afterAll(() => app.close());

async function download(): Promise<Socket> {
  const socket = connect(app.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer viewer-key\r\n\r\n`);
  return socket;
}
const connections = (): Promise<number> => new Promise((resolve, reject) => {
  app.app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
});

describe('a client', () => {
  it('that takes nothing of its answer is cut', async () => {
    const socket = await download();
    await expect.poll(connections, { timeout: 10_000 }).toBe(0);
    let received = 0;
    socket.on('data', (chunk: Buffer) => (received += chunk.length)).on('error', () => undefined).resume();
    await once(socket, 'close');
    expect(received).toBeLessThan(BYTES);
  });

  it('that takes it slowly gets all of it', async () => {
    const socket = await download();
    let received = 0;
    socket.on('data', (chunk: Buffer) => (received += chunk.length));
    // In all three times as long as nothing may be taken.
    for (let i = 1; i <= 12; i++) {
      await pause(READ_TIMEOUT_MS / 4);
      socket.resume();
      while (received < (i * BYTES) / 13) await once(socket, 'data');
      socket.pause();
    }
    socket.resume();
    await expect.poll(() => received, { timeout: 10_000 }).toBeGreaterThan(BYTES);
    socket.destroy();
  });

  it('that waits for its answer may wait', async () => {
    const { recordings } = app.world.services;
    const slow: Services['recordings'] = {
      ...recordings,
      openAudio: async (principal, id, range) => {
        await pause(READ_TIMEOUT_MS * 2);
        return recordings.openAudio(principal, id, range);
      },
    };
    Object.assign(app.world.services, { recordings: slow });
    const response = await fetch(app.url + path, { headers: { authorization: 'Bearer viewer-key', range: 'bytes=0-3' } });
    expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([206, 4]);
  });
});
