import { inflateRawSync } from 'node:zlib';
import type { FileHandle } from 'node:fs/promises';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { checkpointError } from './checkpoint-error.js';
import { readRange, type ByteRange } from './stored-bytes.js';

/** The published file has about 560 entries. Limits keep a hostile directory at ~40 MB of memory. */
const MAX_ENTRIES = 20_000;
const MAX_NAME_BYTES = 512;
const MAX_EXTRA_BYTES = 1024;

/** The directory of a torch zip. Contents are located, not read; names are unique and lie under one folder. */
export class ZipArchive {
  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
    private readonly fileBytes: number,
  ) {}

  /** Throws CHECKPOINT_INVALID when the directory is broken, doubtful or too large. The caller closes it. */
  static async open(path: string, fileBytes: number): Promise<ZipArchive> {
    const zip = await openPromise(path, { autoClose: false, lazyEntries: true, strictFileNames: true }).catch((cause: unknown) => {
      throw checkpointError(`its zip directory cannot be read (${reasonOf(cause)}), so the file is cut off or damaged`, { cause });
    });
    try {
      return new ZipArchive(zip, await listEntries(zip), fileBytes);
    } catch (error) {
      zip.close();
      throw error;
    }
  }

  /** Folder of the one `FOLDER/data.pkl`, with its slash. Torch names it after the file, others `archive`. */
  rootFolder(): string {
    const found = [...this.entries.keys()].filter((name) => /^([^/]+\/)?data\.pkl$/.test(name));
    if (found.length !== 1) throw checkpointError(`it is a zip with ${found.length} files named data.pkl where torch writes one`);
    return found[0]!.slice(0, -'data.pkl'.length);
  }

  sizeOf(name: string): number | null {
    return this.entries.get(name)?.uncompressedSize ?? null;
  }

  /** Where an uncompressed entry's bytes lie in the file. */
  async locate(name: string): Promise<ByteRange> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw checkpointError(`it has no entry ${name}`);
    if (entry.isEncrypted()) throw checkpointError(`its entry ${name} is encrypted`);
    if (entry.compressionMethod !== 0 || entry.compressedSize !== entry.uncompressedSize) {
      throw checkpointError(`its entry ${name} is compressed, so weights cannot be used in place`, { advice: 'Zip it again without compression (`zip -0`), or save it with torch.save.' });
    }
    return this.rangeOf(name, entry);
  }

  /** The bytes of a small entry, compressed or not. `maxBytes` is held against what is announced and what comes out. */
  async readSmall(file: FileHandle, name: string, maxBytes: number): Promise<Buffer> {
    const entry = this.entries.get(name);
    if (entry === undefined) throw checkpointError(`it has no entry ${name}`);
    if (entry.uncompressedSize > maxBytes || entry.compressedSize > maxBytes) {
      throw checkpointError(`its entry ${name} has ${entry.uncompressedSize} bytes where at most ${maxBytes} are read`);
    }
    const stored = await readRange(file, await this.rangeOf(name, entry));
    if (entry.compressionMethod === 0) return stored;
    if (entry.compressionMethod !== 8 || entry.isEncrypted()) throw checkpointError(`its entry ${name} is packed in a way that is not read`);
    try {
      return inflateRawSync(stored, { maxOutputLength: maxBytes });
    } catch (cause) {
      throw checkpointError(`its entry ${name} cannot be unpacked within ${maxBytes} bytes`, { cause });
    }
  }

  close(): void {
    this.zip.close();
  }

  private async rangeOf(name: string, entry: Entry): Promise<ByteRange> {
    const header = await this.zip.readLocalFileHeaderPromise(entry, { minimal: true }).catch((cause: unknown) => {
      throw checkpointError(`the header of its entry ${name} is damaged (${reasonOf(cause)})`, { cause });
    });
    const range = { offsetBytes: header.fileDataStart, lengthBytes: entry.compressedSize };
    if (range.offsetBytes + range.lengthBytes > this.fileBytes) throw checkpointError(`its entry ${name} reaches past the end of the file, so the file is cut off`);
    return range;
  }
}

async function listEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > MAX_ENTRIES) throw checkpointError(`its zip announces ${zip.entryCount} entries where at most ${MAX_ENTRIES} are read`);
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileNameLength > MAX_NAME_BYTES || entry.extraFieldLength > MAX_EXTRA_BYTES || entry.fileCommentLength > MAX_EXTRA_BYTES) {
        throw checkpointError(`entry ${entries.size} of its zip has a longer name or comment than torch writes`);
      }
      if (entries.has(entry.fileName)) throw checkpointError('its zip holds two entries of the same name');
      entries.set(entry.fileName, entry);
    }
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'UndertoneError') throw cause;
    throw checkpointError(`its zip directory is damaged after ${entries.size} entries (${reasonOf(cause)})`, { cause });
  }
  return entries;
}

/** yauzl quotes names of the file in some messages: keep them printable and short. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 160);
}
