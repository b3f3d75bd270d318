/** The few parts of PostgreSQL's frontend/backend protocol (version 3) that a proxy in front of one session must read. */

const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;
const CANCEL_REQUEST = 80877102;
const PROTOCOL_3 = 196608;
/** No startup packet of a real client is longer (PostgreSQL's own limit). */
const MAX_STARTUP_BYTES = 10_000;

export type StartupRequest = 'encryption' | 'cancel' | 'startup' | 'invalid';

/** Reads one packet of the phase before the session. Null: more bytes are needed. */
export function readStartup(buffer: Buffer): { readonly kind: StartupRequest; readonly byteLength: number } | null {
  if (buffer.length < 8) return null;
  const byteLength = buffer.readInt32BE(0);
  const code = buffer.readInt32BE(4);
  if (byteLength < 8 || byteLength > MAX_STARTUP_BYTES) return { kind: 'invalid', byteLength: 0 };
  if (buffer.length < byteLength) return null;
  if (code === SSL_REQUEST || code === GSS_REQUEST) return { kind: 'encryption', byteLength };
  if (code === CANCEL_REQUEST) return { kind: 'cancel', byteLength };
  return { kind: code >> 16 === PROTOCOL_3 >> 16 ? 'startup' : 'invalid', byteLength };
}

const [SYNC, QUERY, FUNCTION_CALL, TERMINATE, PARSE] = ['S', 'Q', 'F', 'X', 'P'].map((letter) => letter.charCodeAt(0));

/** What the start of a client's bytes holds: a whole exchange, a part of one (and how many bytes to have before looking again), or its end. */
export type ExchangeScan =
  | { readonly kind: 'exchange'; readonly byteLength: number }
  | { readonly kind: 'partial'; readonly neededBytes: number }
  | { readonly kind: 'goodbye' }
  | { readonly kind: 'invalid' };

/**
 * Finds the first exchange: the messages up to the one that the server answers with ReadyForQuery. It must reach a
 * session in one piece.
 */
export function scanExchange(buffer: Buffer): ExchangeScan {
  let offset = 0;
  while (buffer.length - offset >= 5) {
    const type = buffer[offset];
    const length = buffer.readInt32BE(offset + 1);
    if (length < 4) return { kind: 'invalid' };
    if (type === TERMINATE) return { kind: 'goodbye' };
    const end = offset + 1 + length;
    if (end > buffer.length) return { kind: 'partial', neededBytes: end };
    if (type === SYNC || type === QUERY || type === FUNCTION_CALL) return { kind: 'exchange', byteLength: end };
    offset = end;
  }
  return { kind: 'partial', neededBytes: offset + 5 };
}

export type TransactionStatus = 'idle' | 'open' | 'failed';

/** Status in the ReadyForQuery that ends an answer (`Z`, length 5, status), or null when the answer has none. */
export function readyStatus(tail: Buffer): TransactionStatus | null {
  if (tail.length < 6) return null;
  const end = tail.length - 6;
  if (tail[end] !== 0x5a || tail.readInt32BE(end + 1) !== 5) return null;
  const status = String.fromCharCode(tail[end + 5]!);
  return status === 'T' ? 'open' : status === 'E' ? 'failed' : 'idle';
}

export function startupPacket(user: string, database: string): Buffer {
  const body = Buffer.from(`user\0${user}\0database\0${database}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(PROTOCOL_3, 4);
  return Buffer.concat([head, body]);
}

export interface Message {
  /** The letter that the protocol names it by. */
  readonly type: string;
  readonly body: Buffer;
  /** Letter, length and body. */
  readonly bytes: Buffer;
}

/** The messages of a whole exchange. */
export function* eachMessage(exchange: Buffer): Generator<Message> {
  for (let offset = 0; offset < exchange.length; ) {
    const end = offset + 1 + exchange.readInt32BE(offset + 1);
    yield { type: String.fromCharCode(exchange[offset]!), body: exchange.subarray(offset + 5, end), bytes: exchange.subarray(offset, end) };
    offset = end;
  }
}

export function messageOf(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

export function queryMessage(sql: string): Buffer {
  return messageOf('Q', Buffer.from(`${sql}\0`));
}

/** What a session answers to a Parse that went well. */
export const PARSE_COMPLETE = messageOf('1', Buffer.alloc(0));

/** COPY … FROM STDIN waits for data in the middle of an exchange, which a session without a socket of its own cannot do: it would end. */
export function asksForCopyIn(exchange: Buffer): boolean {
  const type = exchange[0];
  if (type !== QUERY && type !== PARSE) return false;
  // A Parse begins with the statement's name.
  const start = type === QUERY ? 5 : exchange.indexOf(0, 5) + 1;
  return /^\s*copy\b.{0,2000}?\bfrom\s+stdin\b/is.test(exchange.toString('latin1', start, start + 4000));
}

/** FATAL ends the session; ERROR only the statement. */
export function errorMessage(severity: 'ERROR' | 'FATAL', sqlState: string, message: string): Buffer {
  return messageOf('E', Buffer.from(`S${severity}\0V${severity}\0C${sqlState}\0M${message}\0\0`));
}
