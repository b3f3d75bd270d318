import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { RowsDigest, type ArchiveManifest } from '../domain/archive.js';
import { isUndertoneError } from '../domain/errors.js';
import type { DataKeySource } from '../storage/sealed-store.js';
import { checkArchive, readArchive, type MemberHandler } from './archive-format.js';
import { openRows, openSealed, ROWS_MEMBER, sha256Of, type RowsHeader } from './archive-recording.js';
import type { KeyObject } from 'node:crypto';

export interface ArchiveCheck {
  readonly manifest: ArchiveManifest | null;
  /** SHA-256 of the whole file, hex. */
  readonly sha256: string;
  readonly byteLength: number;
  readonly memberCount: number;
  /** Empty: nothing differs. */
  readonly problems: readonly string[];
}

/**
 * Reads an archive and says whether it is whole and signed. With `handle`, each member is looked into on the way. Throws
 * nothing that an archive can cause: whatever is wrong is a line of `problems`.
 */
export async function checkStream(source: Readable, keys: readonly KeyObject[] | null, handle?: MemberHandler): Promise<ArchiveCheck> {
  const hash = createHash('sha256');
  let byteLength = 0;
  const counted = Readable.from((async function* () {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      hash.update(chunk);
      byteLength += chunk.length;
      yield chunk;
    }
  })(), { objectMode: false });
  try {
    const contents = await readArchive(counted, handle);
    const { manifest, problems } = checkArchive(contents, keys);
    return { manifest, sha256: hash.digest('hex'), byteLength, memberCount: contents.members.length, problems };
  } catch (error) {
    if (!isUndertoneError(error)) throw error;
    return { manifest: null, sha256: '', byteLength, memberCount: 0, problems: [error.message] };
  } finally {
    source.destroy();
  }
}

/** What opening every member of a recording showed. */
export interface OpenedRecording {
  readonly rowsDigest: string;
  readonly problems: readonly string[];
}

/**
 * A handler that opens every sealed member with the keys of this installation: that an archive is whole is not enough to
 * delete what is in it, it must also be possible to read it. Erased recordings are left out.
 */
export function openingHandler(keys: DataKeySource): { readonly handle: MemberHandler; readonly opened: ReadonlyMap<string, OpenedRecording> } {
  const opened = new Map<string, { rowsDigest: string; problems: string[] }>();
  let header: RowsHeader | null = null;
  const handle: MemberHandler = async (path, bytes) => {
    const recordingId = /^recordings\/([\w-]+)\//.exec(path)?.[1];
    if (recordingId === undefined) return;
    const found = opened.get(recordingId) ?? { rowsDigest: '', problems: [] };
    opened.set(recordingId, found);
    try {
      if (path.endsWith(ROWS_MEMBER)) {
        const digest = new RowsDigest();
        header = null;
        for await (const line of openRows(keys, path, bytes)) {
          if ('section' in line) digest.add(line.section, line.row);
          else header = line;
        }
        found.rowsDigest = digest.digest();
        return;
      }
      const blob = header?.blobs.find((one) => one.path === path);
      const sha256 = await sha256Of(openSealed(keys, blob?.context ?? path, bytes));
      if (path.endsWith('/audio.sealed') && sha256 !== header?.audioSha256) found.problems.push(`${path} is other audio than was uploaded`);
    } catch (error) {
      if (isUndertoneError(error) && error.code === 'ERASED') return;
      if (isUndertoneError(error) && error.code === 'ENCRYPTION_KEY_MISSING') throw error;
      found.problems.push(`${path} does not open: ${error instanceof Error ? error.message : 'unknown reason'}`);
    }
  };
  return { handle, opened };
}
