import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it } from 'vitest';
import { composePlatform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import { startChild } from '../support/child.js';
import { hang, ok, startReceiver } from '../support/receivers.js';
import { until } from '../support/until.js';

it('a delivery whose process was killed in the middle comes again under the same id', { timeout: 180_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ut-hook-kill-'));
  const receiver = await startReceiver(hang);
  const child = startChild('deliver-until-killed.mjs', dataDir, receiver.url);
  await until('the delivery is under way', () => receiver.received.length === 1, 120_000);
  await child.kill();
  receiver.answer = ok;
  const platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_WEBHOOK_HTTP: 'true', UNDERTONE_WEBHOOK_ALLOW: 'loopback' }, '/nonexistent'), pino({ level: 'silent' }));
  try {
    await platform.startWorker();
    await until('it came again', () => receiver.received.length === 2, 60_000);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']!);
    expect(ids[1]).toBe(ids[0]);
    expect(receiver.received[1]!.body.equals(receiver.received[0]!.body)).toBe(true);
    await until('it is told as delivered', async () => (await platform.database.client.webhookDelivery.findUnique({ where: { id: ids[0]! } }))?.state === 'DELIVERED');
  } finally {
    await platform.stop();
    await receiver.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});
