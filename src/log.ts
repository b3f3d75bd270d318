import pino, { type Logger } from 'pino';
import type { Settings } from './domain/settings.js';

/** JSON lines on stderr, so that stdout stays free for results. Ids only: no file names, no contents, no keys. */
export function createLog(level: Settings['logLevel']): Logger {
  return pino({ level, base: null, redact: ['req.headers.authorization', '*.authorization', '*.secret'] }, pino.destination({ fd: 2, sync: false }));
}
