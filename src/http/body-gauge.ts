import type { IncomingMessage } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import { UndertoneError } from '../domain/errors.js';

export interface BodyRules {
  readonly maxBytes: number;
  /** What a larger body is refused with. */
  readonly tooLarge: (receivedBytes: number) => UndertoneError;
  readonly minBytesPerSecond: number;
  readonly graceMs: number;
}

/**
 * Every request body passes through one of these: it counts what really comes (a chunked body announces no length),
 * cuts a sender that is slower than the minimum rate, and tells a broken connection from a finished body. Time in which
 * we ourselves do not read is not held against the sender.
 */
export class BodyGauge extends Transform {
  #receivedBytes = 0;
  private waitedMs = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly source: IncomingMessage, private readonly rules: BodyRules) {
    super();
    // The parsers behind it hear of a failure through `close` or `error`; whichever does not listen must not crash us.
    this.on('error', () => undefined);
    const tickMs = Math.min(250, rules.graceMs);
    this.timer = setInterval(() => this.checkRate(tickMs), tickMs).unref();
    source.once('close', () => {
      if (!source.complete) this.destroy(aborted());
    });
    source.once('error', () => this.destroy(aborted()));
    source.pipe(this);
  }

  /** What has come of the body so far. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** After the answer nobody reads on: without this a refused body would be watched, and its reader wait, for ever. */
  giveUp(): void {
    if (!this.destroyed) this.destroy(this.source.complete ? undefined : aborted());
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > this.rules.maxBytes) done(this.rules.tooLarge(this.#receivedBytes));
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    clearInterval(this.timer);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.timer);
    this.source.unpipe(this);
    done(error);
  }

  private checkRate(tickMs: number): void {
    if (this.writableNeedDrain || this.source.readableLength >= this.source.readableHighWaterMark) return;
    this.waitedMs += tickMs;
    if (this.waitedMs <= this.rules.graceMs || this.#receivedBytes >= (this.rules.minBytesPerSecond * this.waitedMs) / 1000) return;
    this.destroy(new UndertoneError('UPLOAD_ABORTED', `The body came slower than ${this.rules.minBytesPerSecond} bytes a second and was given up after ${this.#receivedBytes} bytes. Send it again.`, { receivedBytes: this.#receivedBytes }));
  }
}

function aborted(): UndertoneError {
  return new UndertoneError('UPLOAD_ABORTED', 'The connection ended before the whole body had come. Send it again.');
}
