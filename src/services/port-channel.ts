import type { MessagePort } from 'node:worker_threads';
import { UndertoneError, type ErrorCode, type ErrorDetails } from '../domain/errors.js';

/** Messages that may lie unread at the other side: bytes come in pieces of 256 KiB, so some MB at most. */
const WINDOW = 8;
const READ = null;

/** How an error travels: of its class only the code is left. */
interface Failure {
  readonly failure: { readonly code: ErrorCode | null; readonly message: string; readonly details: ErrorDetails };
}

/** One end of an ordered channel between two threads. Neither side can run ahead of the other by more than some messages. */
export interface PortChannel<In, Out> {
  /** Waits while too much lies unread. Bytes are given away: they must not be used after. Rejects when the channel has ended. */
  send(message: Out): Promise<void>;
  /** The next message; rejects with what the other side failed with, or when it is gone. */
  next(): Promise<In>;
  /** Ends both sides; what they wait for rejects with this. Without an error the other side only sees that it is over. */
  close(error?: unknown): void;
}

export function portChannel<In extends object, Out extends object>(port: MessagePort): PortChannel<In, Out> {
  const inbox: In[] = [];
  const readers: { readonly resolve: (message: In) => void; readonly reject: (error: Error) => void }[] = [];
  const writers: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let unread = 0;
  let ended: Error | null = null;

  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of [...readers.splice(0), ...writers.splice(0)]) reject(ended);
  };
  const take = (message: In): In => {
    port.postMessage(READ);
    return message;
  };
  port.on('message', (message: In | Failure | typeof READ) => {
    if (message === READ) {
      unread -= 1;
      writers.shift()?.resolve();
    } else if ('failure' in message) end(errorOf(message));
    else if (readers.length > 0) readers.shift()!.resolve(take(message));
    else inbox.push(message);
  });
  port.on('close', () => end(new Error('the thread that archives are made in has ended')));

  return {
    async send(message) {
      while (unread >= WINDOW && ended === null) await new Promise<void>((resolve, reject) => writers.push({ resolve, reject }));
      if (ended !== null) throw ended;
      unread += 1;
      const sent = message instanceof Uint8Array ? ownBytes(message) : message;
      port.postMessage(sent, sent instanceof Uint8Array ? [sent.buffer as ArrayBuffer] : []);
    },
    next() {
      const message = inbox.shift();
      if (message !== undefined) return Promise.resolve(take(message));
      return ended === null ? new Promise((resolve, reject) => readers.push({ resolve, reject })) : Promise.reject(ended);
    },
    close(error) {
      if (error !== undefined && ended === null) port.postMessage(failureOf(error));
      end(error instanceof Error ? error : new Error('the channel was closed'));
      port.close();
    },
  };
}

/** Bytes whose memory is theirs alone; a slice of something larger would take its neighbours along. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
}

function failureOf(error: unknown): Failure {
  if (error instanceof UndertoneError) return { failure: { code: error.code, message: error.message, details: error.details } };
  return { failure: { code: null, message: error instanceof Error ? error.message : 'unknown reason', details: {} } };
}

function errorOf({ failure: { code, message, details } }: Failure): Error {
  return code === null ? new Error(message) : new UndertoneError(code, message, details);
}
