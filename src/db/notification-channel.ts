import pg from 'pg';

/** The part of a logger (pino's shape) that is used here. */
export interface ChannelLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface NotificationChannelOptions {
  readonly connectionString: string;
  /** A name of lower-case letters and underscores; everybody on it in this database hears everybody. */
  readonly channel: string;
  readonly onMessage: (payload: string) => void;
  /** Called after each connection but the first: what was sent meanwhile is lost. */
  readonly onReconnected: () => void;
  readonly log: ChannelLog;
  /** Wait before the second try to connect; it doubles up to `backOffMaxMs`. */
  readonly backOffFirstMs?: number;
  readonly backOffMaxMs?: number;
  /** How often a quiet connection is asked whether it still lives: a cable that was pulled says nothing by itself. */
  readonly probeMs?: number;
}

export interface NotificationChannel {
  /** At most MAX_PAYLOAD_BYTES. False when there is no connection just now: the message is not sent, later either. */
  send(payload: string): boolean;
  readonly isConnected: boolean;
  stop(): Promise<void>;
}

/** PostgreSQL takes less than 8000 bytes in one NOTIFY. */
export const MAX_PAYLOAD_BYTES = 7900;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * LISTEN and NOTIFY on a connection of its own, made anew with growing waits whenever it breaks. Delivery is at most
 * once: listeners must be able to read the truth elsewhere, and are told when they have to. Needs a real session: a
 * pooler between that hands connections out by transaction loses notifications.
 */
export function openNotificationChannel(options: NotificationChannelOptions): NotificationChannel {
  const { channel, log, backOffFirstMs = 200, backOffMaxMs = 15_000, probeMs = 15_000 } = options;
  if (!/^[a-z_]{1,40}$/.test(channel)) throw new RangeError(`not a channel name: ${channel}`);
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let failures = 0;
  let wasConnected = false;
  let isStopped = false;
  let connecting: Promise<void> = Promise.resolve();

  async function connect(): Promise<void> {
    const fresh = new pg.Client({ connectionString: options.connectionString, application_name: 'undertone-listen', connectionTimeoutMillis: CONNECT_TIMEOUT_MS, query_timeout: CONNECT_TIMEOUT_MS, keepAlive: true });
    fresh.on('notification', ({ payload }) => {
      if (payload !== undefined) options.onMessage(payload);
    });
    fresh.on('error', (error) => lose(fresh, error));
    fresh.on('end', () => lose(fresh, new Error('the server ended the connection')));
    try {
      await fresh.connect();
      await fresh.query(`LISTEN ${channel}`);
    } catch (error) {
      await fresh.end().catch(() => undefined);
      again(error);
      return;
    }
    if (isStopped) {
      await fresh.end().catch(() => undefined);
      return;
    }
    client = fresh;
    failures = 0;
    timer = setInterval(() => void fresh.query('SELECT 1').catch((error: unknown) => lose(fresh, error)), probeMs).unref();
    if (wasConnected) {
      log.info({}, 'nodes hear each other again; what was missed is read anew');
      options.onReconnected();
    }
    wasConnected = true;
  }

  function lose(lost: pg.Client, error: unknown): void {
    if (client !== lost) return;
    client = null;
    if (timer !== null) clearInterval(timer);
    void lost.end().catch(() => undefined);
    again(error);
  }

  function again(error: unknown): void {
    if (isStopped) return;
    const waitMs = Math.min(backOffMaxMs, backOffFirstMs * 2 ** failures);
    failures += 1;
    if (failures === 1) log.warn({ err: error }, 'the connection over which nodes hear each other is lost; connecting again');
    timer = setTimeout(() => { connecting = connect(); }, waitMs * (0.75 + Math.random() / 2)).unref();
  }

  connecting = connect();
  return {
    send(payload) {
      const { length } = Buffer.from(payload);
      if (length > MAX_PAYLOAD_BYTES) throw new RangeError(`a notification of ${length} bytes; at most ${MAX_PAYLOAD_BYTES} are possible`);
      const sender = client;
      if (sender === null) return false;
      sender.query('SELECT pg_notify($1, $2)', [channel, payload]).catch((error: unknown) => lose(sender, error));
      return true;
    },
    get isConnected() {
      return client !== null;
    },
    async stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      await connecting;
      const last = client;
      client = null;
      await last?.end().catch(() => undefined);
    },
  };
}
