// Starts the platform on the folder argv[2], makes a webhook for the receiver at argv[3], and deletes a recording; its delivery is under way until this is killed.
import { createReadStream } from 'node:fs';
import pino from 'pino';
import { composePlatform } from '../../dist/src/compose.js';
import { readSettings } from '../../dist/src/config.js';

const [, , dataDir, url] = process.argv;
const admin = { keyId: 'k', keyName: 'k', workspaceId: 'ws_default', role: 'admin' };
const platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_WEBHOOK_HTTP: 'true', UNDERTONE_WEBHOOK_ALLOW: 'loopback' }, '/nonexistent'), pino({ level: 'silent' }));
await platform.services.webhooks.create(admin, { url, events: ['recording.deleted'] });
const { recording } = await platform.services.recordings.upload(admin, { stream: createReadStream('samples/conversation.flac'), fileName: 'a.flac' }, {});
await platform.startWorker();
await platform.services.recordings.delete(admin, recording.id, null);
