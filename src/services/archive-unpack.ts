import { isUndertoneError } from '../domain/errors.js';
import type { DataKeySource } from '../storage/sealed-store.js';
import type { MemberHandler } from './archive-format.js';
import { folderOf, openRows, openSealed, ROWS_MEMBER, type RowsHeader } from './archive-recording.js';

/** Only these: a path of an archive that somebody changed must not lead out of the folder. */
const MEMBER = /^recordings\/([\w-]+)\/(rows\.jsonl\.gz|results\.csv|audio|tracks\/[\w-]+)\.sealed$/;

/** Takes the plain bytes of a member under its path below the folder; nothing is written before the first of them is open. */
export type MemberWriter = (path: string, bytes: AsyncIterable<Buffer | string>) => Promise<void>;

export interface UnpackedMembers {
  readonly handle: MemberHandler;
  readonly opened: ReadonlySet<string>;
  /** Recordings whose key was destroyed. */
  readonly erased: ReadonlySet<string>;
}

/** A handler that opens every sealed member for people: `rows.jsonl`, `results.csv`, `audio` with its ending, `tracks/ID`. Of one recording, or of all (`wanted` null). */
export function unpackingHandler(keys: DataKeySource, wanted: string | null, write: MemberWriter): UnpackedMembers {
  const opened = new Set<string>();
  const erased = new Set<string>();
  let header: RowsHeader | null = null;
  let ending = '';

  async function* rowsOf(path: string, bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
    header = null;
    ending = '';
    for await (const line of openRows(keys, path, bytes)) {
      if (!('section' in line)) {
        header = line;
        yield `${JSON.stringify({ recordingId: line.recordingId, kinds: line.kinds })}\n`;
        continue;
      }
      if (line.section === 'Recording') ending = endingOf(line.row);
      // Not parsed and written anew: numbers stay as the database wrote them.
      yield `{"table":${JSON.stringify(line.section)},"row":${line.row}}\n`;
    }
  }

  return {
    opened, erased,
    async handle(path, bytes) {
      const [, recordingId, name] = MEMBER.exec(path) ?? [];
      if (recordingId === undefined || name === undefined || (wanted !== null && recordingId !== wanted)) return;
      try {
        const isRows = path.endsWith(ROWS_MEMBER);
        const context = header?.blobs.find((blob) => blob.path === path)?.context ?? path;
        const plain = await begun<Buffer | string>(isRows ? rowsOf(path, bytes) : openSealed(keys, context, bytes));
        await write(`${folderOf(recordingId)}/${isRows ? 'rows.jsonl' : `${name}${name === 'audio' ? ending : ''}`}`, plain);
        opened.add(recordingId);
      } catch (error) {
        if (!isUndertoneError(error) || error.code !== 'ERASED') throw error;
        erased.add(recordingId);
      }
    },
  };
}

/** Of the file as it was uploaded, `.wav`; empty for anything odd. */
function endingOf(row: string): string {
  const { fileName } = JSON.parse(row) as { readonly fileName?: string | null };
  return /\.[a-z0-9]{1,5}$/i.exec(fileName ?? '')?.[0].toLowerCase() ?? '';
}

/** The same stream with its first piece read: what cannot be opened fails here. */
async function begun<T>(bytes: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const rest = bytes[Symbol.asyncIterator]();
  const first = await rest.next();
  return (async function* () {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  })();
}
