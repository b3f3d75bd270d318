import { createServer, type Server, type Socket } from 'node:net';
import { StatementCache } from './statement-cache.js';
import { asksForCopyIn, errorMessage, PARSE_COMPLETE, queryMessage, readStartup, readyStatus, scanExchange, startupPacket } from './wire-messages.js';

/** The one session behind the server. Blocks until the answer is complete; the chunk passed to `onData` is only valid during the call. */
export interface SessionEngine {
  exchange(messages: Uint8Array, onData: (chunk: Uint8Array) => void): void;
}

/** Fails as a statement of the client's would, so that an open transaction is marked failed as well. */
const REFUSE_COPY_IN = "DO $$ BEGIN RAISE feature_not_supported USING MESSAGE = 'COPY FROM STDIN is not available on the embedded database'; END $$";

interface Connection {
  readonly socket: Socket;
  received: Buffer[];
  receivedBytes: number;
  /** Bytes needed before looking again, so that a large message is not joined once per chunk. */
  neededBytes: number;
  started: boolean;
  readonly exchanges: Buffer[];
}

/**
 * Lets many PostgreSQL clients share the single session of an embedded database. Each exchange (everything up to a
 * Sync or a simple query) runs in one piece, and a client that opened a transaction keeps the session until it has
 * ended; all others wait in the order of arrival. Without the first rule the unnamed statements of two clients get
 * mixed up and a query is answered with another's rows; without the second a transaction holds foreign statements.
 *
 * Session state (SET without LOCAL, LISTEN, temporary tables, session advisory locks) is shared by all clients.
 */
export class WireServer {
  readonly #engine: SessionEngine;
  readonly #idleInTransactionMs: number;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #waiting: Connection[] = [];
  #owner: Connection | null = null;
  #ownerTimer: NodeJS.Timeout | null = null;
  #greeting: Buffer = Buffer.alloc(0);
  readonly #statements = new StatementCache();
  #scheduled = false;

  constructor(engine: SessionEngine, options: { readonly idleInTransactionMs: number }) {
    this.#engine = engine;
    this.#idleInTransactionMs = options.idleInTransactionMs;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  async listen(path: string): Promise<void> {
    const chunks: Buffer[] = [];
    this.#engine.exchange(startupPacket('postgres', 'postgres'), (chunk) => chunks.push(Buffer.from(chunk)));
    this.#greeting = Buffer.concat(chunks);
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
  }

  /** Rolls back what is open and drops every client. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) this.#drop(connection);
    await closed;
  }

  #accept(socket: Socket): void {
    const connection: Connection = { socket, received: [], receivedBytes: 0, neededBytes: 1, started: false, exchanges: [] };
    this.#connections.add(connection);
    socket.on('data', (chunk) => {
      connection.received.push(chunk);
      connection.receivedBytes += chunk.length;
      if (connection.receivedBytes >= connection.neededBytes) this.#read(connection);
    });
    socket.on('error', () => this.#drop(connection));
    socket.on('close', () => this.#drop(connection));
  }

  #read(connection: Connection): void {
    let buffer = connection.received.length === 1 ? connection.received[0]! : Buffer.concat(connection.received);
    connection.neededBytes = 1;
    while (buffer.length > 0) {
      const taken = connection.started ? this.#takeExchange(connection, buffer) : this.#takeStartup(connection, buffer);
      if (taken === null) return;
      if (taken === 0) break;
      buffer = buffer.subarray(taken);
    }
    connection.received = buffer.length > 0 ? [buffer] : [];
    connection.receivedBytes = buffer.length;
  }

  /** Bytes used, 0 when more are needed, null when the client is gone. */
  #takeStartup(connection: Connection, buffer: Buffer): number | null {
    const packet = readStartup(buffer);
    if (packet === null) return 0;
    if (packet.kind === 'encryption') connection.socket.write('N');
    else if (packet.kind === 'startup') {
      connection.started = true;
      connection.socket.write(this.#greeting);
    } else {
      this.#drop(connection);
      return null;
    }
    return packet.byteLength;
  }

  #takeExchange(connection: Connection, buffer: Buffer): number | null {
    const scan = scanExchange(buffer);
    if (scan.kind === 'partial') {
      connection.neededBytes = scan.neededBytes;
      return 0;
    }
    if (scan.kind !== 'exchange') {
      this.#drop(connection);
      return null;
    }
    connection.exchanges.push(buffer.subarray(0, scan.byteLength));
    if (connection !== this.#owner && !this.#waiting.includes(connection)) this.#waiting.push(connection);
    this.#schedule();
    return scan.byteLength;
  }

  /** One exchange a turn of the event loop, so that sockets are read and answers leave while a long queue is worked off. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const connection = this.#owner ?? this.#waiting.shift();
      const exchange = connection?.exchanges.shift();
      if (connection === undefined || exchange === undefined) return;
      this.#run(connection, exchange);
      if (this.#waiting.length > 0 || (this.#owner?.exchanges.length ?? 0) > 0) this.#schedule();
    });
  }

  #run(connection: Connection, exchange: Buffer): void {
    this.#stopOwnerTimer();
    if (asksForCopyIn(exchange)) exchange = queryMessage(REFUSE_COPY_IN);
    const cached = this.#statements.rewrite(exchange);
    if (cached?.isPrepared === true) connection.socket.write(PARSE_COMPLETE);
    let first: number | undefined;
    let tail: Buffer = Buffer.alloc(0);
    this.#engine.exchange(cached?.bytes ?? exchange, (chunk) => {
      // The chunk is a view of memory that the session uses again.
      const copy = Buffer.from(chunk);
      first ??= copy[0];
      tail = copy.length >= 6 ? copy.subarray(-6) : Buffer.concat([tail, copy]).subarray(-6);
      if (connection.socket.writable) connection.socket.write(copy);
    });
    if (first === PARSE_COMPLETE[0]) cached?.keep();
    if (readyStatus(tail) === 'idle') {
      this.#owner = null;
      if (connection.exchanges.length > 0) this.#waiting.push(connection);
      return;
    }
    this.#owner = connection;
    this.#ownerTimer = setTimeout(() => {
      if (connection.socket.writable) connection.socket.write(errorMessage('FATAL', '25P03', 'terminating connection: a transaction was left idle while others waited'));
      this.#drop(connection);
    }, this.#idleInTransactionMs);
  }

  #drop(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    this.#waiting = this.#waiting.filter((other) => other !== connection);
    if (this.#owner === connection) {
      this.#stopOwnerTimer();
      this.#owner = null;
      this.#engine.exchange(queryMessage('ROLLBACK'), () => undefined);
    }
    connection.socket.destroySoon();
    if (this.#waiting.length > 0) this.#schedule();
  }

  #stopOwnerTimer(): void {
    if (this.#ownerTimer !== null) clearTimeout(this.#ownerTimer);
    this.#ownerTimer = null;
  }
}
