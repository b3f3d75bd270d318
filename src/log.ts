import pino, { type Logger } from 'pino';
import type { Settings } from './domain/settings.js';
import { workIds, type WorkIds } from './domain/work-context.js';

/** JSON lines on stderr, so that stdout stays free for results; each with the ids of the work it is about. Ids only: no file names, no contents, no keys. */
export function createLog(level: Settings['logLevel']): Logger {
  return pino({ level, base: null, mixin: idsOfWork, serializers: { err: plainError }, redact: ['req.headers.authorization', '*.authorization', '*.secret'] }, pino.destination({ fd: 2, sync: false }));
}

/** The line of a request has its id already: twice in one line would be two answers to one question. */
function idsOfWork(_fields: object, _level: number, log: Logger): WorkIds {
  const { requestId, ...others } = withoutAddress(workIds.getStore() ?? {});
  return requestId === undefined || 'requestId' in log.bindings() ? others : { requestId, ...others };
}

function withoutAddress({ address: _address, ...ids }: WorkIds): WorkIds {
  return ids;
}

/**
 * An error's own words, and no more: drivers hang whole connections on theirs, with host, user and settings, and
 * a validator's has the value that it refused.
 */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code: unknown = 'code' in error ? error.code : undefined;
  return { type: name, message, ...(typeof code === 'string' ? { code } : {}), stack, ...(cause instanceof Error ? { cause: plainError(cause) } : {}) };
}
