import pino, { type Logger } from 'pino';
import type { Settings } from './domain/settings.js';
import { workIds } from './domain/work-context.js';

/** JSON lines on stderr, so that stdout stays free for results; each with the ids of the work it is about. Ids only: no file names, no contents, no keys. */
export function createLog(level: Settings['logLevel']): Logger {
  return pino({ level, base: null, mixin: () => workIds.getStore() ?? {}, redact: ['req.headers.authorization', '*.authorization', '*.secret'] }, pino.destination({ fd: 2, sync: false }));
}
