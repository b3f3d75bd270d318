import pino, { type Logger } from 'pino';
import type { Settings } from './domain/settings.js';
import { workIds, type WorkIds } from './domain/work-context.js';

/** JSON lines on stderr, so that stdout stays free for results; each with the ids of the work it is about. Ids only: no file names, no contents, no keys. */
export function createLog(level: Settings['logLevel']): Logger {
  return pino({ level, base: null, mixin: idsOfWork, redact: ['req.headers.authorization', '*.authorization', '*.secret'] }, pino.destination({ fd: 2, sync: false }));
}

/** The line of a request has its id already: twice in one line would be two answers to one question. */
function idsOfWork(_fields: object, _level: number, log: Logger): WorkIds {
  const { requestId, ...others } = withoutAddress(workIds.getStore() ?? {});
  return requestId === undefined || 'requestId' in log.bindings() ? others : { requestId, ...others };
}

function withoutAddress({ address: _address, ...ids }: WorkIds): WorkIds {
  return ids;
}
