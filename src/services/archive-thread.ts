import type { KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { ManifestMember } from '../domain/archive.js';
import { isUndertoneError, type ErrorCode } from '../domain/errors.js';
import type { DataKeySource } from '../storage/sealed-store.js';
import type { ArchiveCheck, OpenedRecording } from './archive-reader.js';
import type { OutgoingMember } from './archive-recording.js';
import { portChannel, type PortChannel } from './port-channel.js';

/** Made for one archive, the thread would be started for each; left for good, it would keep some 20 MB. */
const IDLE_MS = 10_000;

export type ArchiveJob =
  | { readonly kind: 'pack'; readonly format: string; readonly port: MessagePort }
  | { readonly kind: 'check'; readonly publicKeys: readonly KeyObject[] | null; readonly port: MessagePort; readonly keysPort: MessagePort | null };

interface End {
  readonly end: true;
}
export type ToPacker = { readonly entry: Pick<OutgoingMember, 'path' | 'byteLength'> } | Uint8Array | End | { readonly finish: true };
export type FromPacker = Uint8Array | { readonly member: ManifestMember } | { readonly done: true };
export type ToChecker = Uint8Array | End;
export interface CheckResult {
  readonly check: ArchiveCheck;
  readonly opened: ReadonlyMap<string, OpenedRecording>;
}
export interface KeyQuestion {
  readonly dataKeyId: string;
}
export type KeyAnswer = { readonly secret: Uint8Array } | { readonly refused: { readonly code: ErrorCode; readonly message: string } };

export interface ArchivePack {
  /** The archive, piece by piece; whoever takes none stops the writing. */
  readonly bytes: Readable;
  /** Settles when the bytes are given over; the digest comes when they have been packed. */
  add(member: Pick<OutgoingMember, 'path' | 'byteLength' | 'bytes'>): Promise<{ readonly digested: Promise<ManifestMember> }>;
  finish(): Promise<void>;
  destroy(error?: unknown): void;
}

/**
 * Hashing, packing and opening, in a thread of its own: an archive of a gigabyte takes seconds of processor time, which
 * requests would wait for otherwise. Reading and writing stay here, where the stores are.
 */
export interface ArchiveThread {
  pack(format: string): ArchivePack;
  /** As `checkStream` does; with `keys` every member is opened too. */
  check(source: Readable, publicKeys: readonly KeyObject[] | null, keys: DataKeySource | null): Promise<CheckResult>;
}

export function createArchiveThread(): ArchiveThread {
  let worker: Worker | null = null;
  let jobCount = 0;
  let idle: NodeJS.Timeout | null = null;

  function begin(job: ArchiveJob, ports: readonly MessagePort[]): () => void {
    if (idle !== null) clearTimeout(idle);
    if (worker === null) {
      const entry = import.meta.url.endsWith('.ts') ? '../../dist/src/services/archive-thread.worker.js' : './archive-thread.worker.js';
      const started = new Worker(new URL(entry, import.meta.url), { execArgv: [], name: 'archives' });
      // Its channels end with it, and so does whatever waits for them.
      started.on('error', () => { if (worker === started) worker = null; });
      started.on('exit', () => { if (worker === started) worker = null; });
      started.unref();
      worker = started;
    }
    worker.postMessage(job, [...ports]);
    jobCount += 1;
    return () => {
      jobCount -= 1;
      if (jobCount > 0) return;
      idle = setTimeout(() => {
        void worker?.terminate();
        worker = null;
      }, IDLE_MS).unref();
    };
  }

  return {
    pack(format) {
      const { port1, port2 } = new MessageChannel();
      const end = begin({ kind: 'pack', format, port: port2 }, [port2]);
      return archivePack(portChannel<FromPacker, ToPacker>(port1), end);
    },
    async check(source, publicKeys, keys) {
      const [bytes, asked] = [new MessageChannel(), keys === null ? null : new MessageChannel()];
      const end = begin({ kind: 'check', publicKeys, port: bytes.port2, keysPort: asked?.port2 ?? null }, [bytes.port2, ...(asked === null ? [] : [asked.port2])]);
      const channel = portChannel<CheckResult, ToChecker>(bytes.port1);
      const keyChannel = asked === null ? null : portChannel<KeyQuestion, KeyAnswer>(asked.port1);
      if (keys !== null && keyChannel !== null) void answer(keys, keyChannel, (error) => channel.close(error));
      const sending = (async () => {
        for await (const chunk of source as AsyncIterable<Buffer>) await channel.send(chunk);
        await channel.send({ end: true });
      })();
      // A file that cannot be read is no answer about the archive.
      sending.catch((error: unknown) => channel.close(error));
      try {
        return await channel.next();
      } finally {
        channel.close();
        keyChannel?.close();
        source.destroy();
        end();
      }
    },
  };
}

function archivePack(channel: PortChannel<FromPacker, ToPacker>, end: () => void): ArchivePack {
  const waiting: { readonly resolve: (member: ManifestMember) => void; readonly reject: (error: unknown) => void }[] = [];
  const bytes = Readable.from((async function* () {
    try {
      for (let message = await channel.next(); !('done' in message); message = await channel.next()) {
        if (message instanceof Uint8Array) yield Buffer.from(message.buffer, message.byteOffset, message.byteLength);
        else waiting.shift()?.resolve(message.member);
      }
      channel.close();
    } catch (error) {
      for (const { reject } of waiting.splice(0)) reject(error);
      throw error;
    } finally {
      end();
    }
  })(), { objectMode: false, highWaterMark: 1 << 20 });
  bytes.on('error', () => undefined);
  return {
    bytes,
    async add({ path, byteLength, bytes: source }) {
      await channel.send({ entry: { path, byteLength } });
      const digested = new Promise<ManifestMember>((resolve, reject) => waiting.push({ resolve, reject }));
      digested.catch(() => undefined);
      for await (const chunk of source()) await channel.send(chunk);
      await channel.send({ end: true });
      return { digested };
    },
    finish: () => channel.send({ finish: true }),
    destroy(error) {
      channel.close(error);
      bytes.destroy();
    },
  };
}

/** Until the channel ends. That a key cannot be looked up says nothing about the archive: the check ends without an answer. */
async function answer(keys: DataKeySource, channel: PortChannel<KeyQuestion, KeyAnswer>, fail: (error: unknown) => void): Promise<void> {
  for (let question = await nextOf(channel); question !== null; question = await nextOf(channel)) {
    try {
      await channel.send({ secret: new Uint8Array(await keys.secretOf(question.dataKeyId)) });
    } catch (error) {
      if (!isUndertoneError(error)) {
        fail(error);
        return;
      }
      await channel.send({ refused: { code: error.code, message: error.message } }).catch(() => undefined);
    }
  }
}

function nextOf(channel: PortChannel<KeyQuestion, KeyAnswer>): Promise<KeyQuestion | null> {
  return channel.next().catch(() => null);
}
