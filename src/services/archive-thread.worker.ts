import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { parentPort } from 'node:worker_threads';
import tar from 'tar-stream';
import { UndertoneError } from '../domain/errors.js';
import type { DataKeySource } from '../storage/sealed-store.js';
import { checkStream, openingHandler } from './archive-reader.js';
import type { ArchiveJob, CheckResult, FromPacker, KeyAnswer, KeyQuestion, ToChecker, ToPacker } from './archive-thread.js';
import { addEntry, wrapped } from './archive-wrapping.js';
import { portChannel, type PortChannel } from './port-channel.js';

/** Requests come first: where both want a core, the archive gets a tenth of it, whatever the priority of the process. Linux only, where each thread has a priority of its own. */
const NICE = 10;
try {
  const thread = Number(basename(readlinkSync('/proc/thread-self')));
  setPriority(thread, Math.min(19, getPriority(thread) + NICE));
} catch {
  // Another system: the thread counts as every other.
}

parentPort!.on('message', (job: ArchiveJob) => void (job.kind === 'pack' ? pack(job) : check(job)));

/** Members in, the bytes of the archive and the digest of each member out. */
async function pack({ format, port }: Extract<ArchiveJob, { kind: 'pack' }>): Promise<void> {
  const channel = portChannel<ToPacker, FromPacker>(port);
  const packer = tar.pack();
  try {
    const filling = (async () => {
      for (let message = await channel.next(); !('finish' in message); message = await channel.next()) {
        if (message instanceof Uint8Array || 'end' in message) throw new Error('bytes came before the member that they belong to');
        await channel.send({ member: await addEntry(packer, { ...message.entry, bytes: () => untilEnd(channel) }) });
      }
      packer.finalize();
    })();
    filling.catch((error: unknown) => packer.destroy(error as Error));
    for await (const piece of wrapped(format, packer as unknown as AsyncIterable<Buffer>)) await channel.send(piece);
    await filling;
    await channel.send({ done: true });
  } catch (error) {
    packer.destroy();
    channel.close(error);
  }
}

/** The bytes of an archive in, what they are worth out. */
async function check({ port, publicKeys, keysPort }: Extract<ArchiveJob, { kind: 'check' }>): Promise<void> {
  const channel = portChannel<ToChecker, CheckResult>(port);
  try {
    const { handle, opened } = keysPort === null ? { handle: undefined, opened: new Map<string, never>() } : openingHandler(askedKeys(portChannel<KeyAnswer, KeyQuestion>(keysPort)));
    const result = await checkStream(Readable.from(untilEnd(channel), { objectMode: false }), publicKeys, handle);
    await channel.send({ check: result, opened: new Map(opened) });
  } catch (error) {
    channel.close(error);
  }
}

/** Asked one after the other, as members come. */
function askedKeys(channel: PortChannel<KeyAnswer, KeyQuestion>): DataKeySource {
  return {
    async secretOf(dataKeyId) {
      await channel.send({ dataKeyId });
      const answer = await channel.next();
      if ('refused' in answer) throw new UndertoneError(answer.refused.code, answer.refused.message);
      return Buffer.from(answer.secret);
    },
  };
}

async function* untilEnd(channel: PortChannel<ToPacker | ToChecker, never>): AsyncGenerator<Buffer> {
  for (let message = await channel.next(); message instanceof Uint8Array; message = await channel.next()) yield Buffer.from(message.buffer, message.byteOffset, message.byteLength);
}
