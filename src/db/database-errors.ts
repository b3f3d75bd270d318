import { UndertoneError } from '../domain/errors.js';

/** Prisma's codes for "no answer from the server" (not reachable, timed out, closed, no free connection, no transaction in time). */
const PRISMA_UNAVAILABLE = new Set(['P1000', 'P1001', 'P1002', 'P1003', 'P1008', 'P1010', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037']);
const SYSTEM_UNAVAILABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'EACCES']);
/** SQLSTATE classes: connection exception, insufficient resources, operator intervention (shutdown, statement timeout), wrong password; and a database that is read-only after a failover, closed to connections, or away while it is restored. */
const SQLSTATE_UNAVAILABLE = /^(08|53|57|28)|^(25P03|25006|55000|3D000)$/;
/** The driver adapter's kinds for a socket that broke, where it keeps no code. */
const KIND_UNAVAILABLE = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TlsConnectionError', 'TooManyConnections']);
const MESSAGE_UNAVAILABLE = /Connection terminated|Can't reach database|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed and is not queryable|Cannot use a pool after calling end/;

/** Raised by the triggers that guard what is under a legal hold. */
const HELD = 'UT001';

/** A NUL in a text or in JSON: PostgreSQL keeps every other character. */
const NUL_IN_TEXT = new Set(['22021', '22P05']);

/** Every message along the chain of causes, and every code: drivers and Prisma put them in different places. */
function* links(error: unknown): Generator<{ readonly code: string; readonly message: string }> {
  for (let depth = 0; depth < 6 && typeof error === 'object' && error !== null; depth++) {
    const { code, message, originalCode, kind, meta, cause } = error as Record<string, unknown>;
    for (const value of [code, originalCode, kind]) if (typeof value === 'string') yield { code: value, message: typeof message === 'string' ? message : '' };
    if (typeof code !== 'string' && typeof message === 'string') yield { code: '', message };
    error = cause ?? (typeof meta === 'object' && meta !== null ? (meta as { driverAdapterError?: unknown }).driverAdapterError : undefined);
  }
}

/** True when the database did not answer, as opposed to answering no. */
export function isUnavailable(error: unknown): boolean {
  for (const { code, message } of links(error)) {
    if (PRISMA_UNAVAILABLE.has(code) || SYSTEM_UNAVAILABLE.has(code) || KIND_UNAVAILABLE.has(code) || SQLSTATE_UNAVAILABLE.test(code) || MESSAGE_UNAVAILABLE.test(message)) return true;
  }
  return false;
}

/** The same failure with a code that callers know, or the error as it was. The message never holds the address or the password. */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof UndertoneError) return error;
  for (const { code } of links(error)) {
    if (NUL_IN_TEXT.has(code)) return new UndertoneError('BAD_INPUT', 'A text of the request holds the character U+0000 (NUL), which can be neither kept nor searched for. Leave it out.', {}, { cause: error });
    if (code === HELD) return new UndertoneError('LEGAL_HOLD', 'This is under a legal hold, which no policy and no right to delete overrides. Release the hold first (releaseLegalHold), with a reason.', {}, { cause: error });
  }
  if (!isUnavailable(error)) return error;
  return new UndertoneError('DATABASE_UNAVAILABLE', 'The database cannot be reached, refused the connection or took too long. Check that it runs and that DATABASE_URL is right, then try again.', {}, { cause: error });
}

/** True when a unique key refused a row: Prisma's code, or PostgreSQL's under a raw query. */
export function isUniqueViolation(error: unknown): boolean {
  for (const { code } of links(error)) if (code === 'P2002' || code === '23505') return true;
  return false;
}

/** True when a row refers to one that is not there: Prisma's code, or PostgreSQL's under a raw query. */
export function isForeignKeyViolation(error: unknown): boolean {
  for (const { code } of links(error)) if (code === 'P2003' || code === '23503') return true;
  return false;
}
