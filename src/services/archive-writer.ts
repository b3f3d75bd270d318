import { sign } from 'node:crypto';
import { Readable } from 'node:stream';
import type { RecordingRepository } from '../db/repositories.js';
import type { RecordingTreeRepository } from '../db/retention-repositories.js';
import type { ArchiveItemRecord, ArchiveManifest, ArchiveRecord } from '../domain/archive.js';
import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import type { StagedBlob } from '../storage/blob-store.js';
import { contextOf, type SealedStore } from '../storage/sealed-store.js';
import { MANIFEST, SIGNATURE } from './archive-format.js';
import { blobMember, folderOf, rowMembers, type OutgoingMember, type RowsHeader } from './archive-recording.js';
import type { ArchiveThread } from './archive-thread.js';
import type { Vault } from './vault.js';
import type { WorkspaceSecrets } from './workspace-secrets.js';

export interface ArchiveWriterParts {
  readonly recordings: RecordingRepository;
  readonly tree: RecordingTreeRepository;
  readonly blobs: SealedStore;
  readonly vault: Vault;
  readonly secrets: WorkspaceSecrets;
  readonly thread: ArchiveThread;
}

export interface WrittenItem {
  readonly itemId: string;
  readonly rowsDigest: string;
  readonly byteLength: number;
}

export interface WrittenArchive {
  readonly staged: StagedBlob;
  readonly signingKeyId: string;
  readonly items: readonly WrittenItem[];
  /** Items whose recording is gone or lacks bytes, with the code. */
  readonly failed: readonly { readonly itemId: string; readonly code: string }[];
}

const README = `This is an archive of Undertone (docs/archives.md). manifest.json lists every member with its SHA-256; manifest.json.sig is
its Ed25519 signature in base64, made with the key whose public half is in the manifest. Members that end in .sealed are
encrypted with the data key of their recording: \`undertone retention restore\` brings them back.
`;

/** Streams an archive into the store, one chunk in memory at a time. Nothing is committed yet: the caller does. */
export async function writeArchive(parts: ArchiveWriterParts, archive: ArchiveRecord, items: readonly ArchiveItemRecord[], signal: AbortSignal): Promise<WrittenArchive> {
  const signer = await parts.secrets.signingKey(archive.workspaceId);
  const pack = parts.thread.pack(archive.format);
  const written: WrittenItem[] = [];
  const failed: { itemId: string; code: string }[] = [];

  const fill = async (): Promise<void> => {
    const digests: (() => Promise<ArchiveManifest['recordings'][number]>)[] = [];
    await pack.add(inMemory('README.txt', README));
    // The rows of the next recording are read while the bytes of this one are written.
    const begin = (item: ArchiveItemRecord | undefined): ReturnType<typeof prepare> | null => {
      const preparing = item === undefined || signal.aborted ? null : prepare(parts, archive.workspaceId, item);
      preparing?.catch(() => undefined);
      return preparing;
    };
    let ahead = begin(items[0]);
    for (const [index, item] of items.entries()) {
      signal.throwIfAborted();
      let prepared;
      try {
        prepared = await (ahead ?? prepare(parts, archive.workspaceId, item));
        ahead = begin(items[index + 1]);
      } catch (error) {
        ahead = begin(items[index + 1]);
        // Before its first byte is in the archive: the others go on without it.
        if (!isUndertoneError(error)) throw error;
        failed.push({ itemId: item.id, code: error.code });
        continue;
      }
      const { members, rowsDigest } = prepared;
      const added: Awaited<ReturnType<typeof pack.add>>[] = [];
      for (const member of members) added.push(await pack.add(member));
      // Awaited at the end: the thread is some pieces behind.
      digests.push(async () => ({ id: item.recordingId, kinds: item.kinds, dataKeyIds: [...new Set(members.map(({ dataKeyId }) => dataKeyId))], members: await Promise.all(added.map(({ digested }) => digested)) }));
      written.push({ itemId: item.id, rowsDigest, byteLength: members.reduce((sum, { byteLength }) => sum + byteLength, 0) });
    }
    const recordings = await Promise.all(digests.map((digest) => digest()));
    const manifest: ArchiveManifest = {
      format: 'undertone-archive', version: 1, archiveId: archive.id, workspaceId: archive.workspaceId, createdAt: archive.createdAt.toISOString(), schemaVersion: archive.schemaVersion,
      models: await parts.tree.models(archive.workspaceId, recordings.map(({ id }) => id)),
      signingKey: { id: signer.id, algorithm: 'Ed25519', publicKey: signer.publicKey.export({ format: 'der', type: 'spki' }).toString('base64') },
      recordings,
    };
    const bytes = Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`);
    await pack.add(inMemory(MANIFEST, bytes));
    await pack.add(inMemory(SIGNATURE, `${sign(null, bytes, signer.privateKey).toString('base64')}\n`));
    await pack.finish();
  };

  const filling = fill();
  filling.catch((error: unknown) => pack.destroy(error));
  const staging = parts.blobs.raw.stage(pack.bytes, { maxBytes: Number.MAX_SAFE_INTEGER, signal });
  try {
    const [staged] = await Promise.all([staging, filling]);
    return { staged, signingKeyId: signer.id, items: written, failed };
  } catch (error) {
    pack.destroy(error);
    // The cause, not that the stream broke off because of it.
    const [cause] = (await Promise.allSettled([filling])).flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    const staged = await staging.catch(() => null);
    await staged?.discard();
    // But where the store refused, that is the cause, and the members broke off because of it.
    throw isUndertoneError(error) && error.code.startsWith('STORAGE_') ? error : cause ?? error;
  }
}

async function prepare({ recordings, tree, blobs, vault }: ArchiveWriterParts, workspaceId: string, item: ArchiveItemRecord): Promise<{ readonly members: readonly OutgoingMember[]; readonly rowsDigest: string }> {
  const recording = await recordings.findById(workspaceId, item.recordingId);
  if (recording === null) throw new UndertoneError('NOT_FOUND', 'The recording was deleted before it was archived.');
  const key = await vault.keyOf(recording);
  const stored = await tree.blobs(workspaceId, recording.id, item.kinds);
  const files = await Promise.all(stored.map(({ name, blobKey }) => blobMember(blobs, key, `${folderOf(recording.id)}/${name}.sealed`, blobKey)));
  const header: RowsHeader = {
    format: 1, recordingId: recording.id, kinds: item.kinds, audioSha256: recording.sha256,
    blobs: stored.map(({ blobKey }, index) => ({ path: files[index]!.path, blobKey, context: contextOf(blobKey) })),
  };
  const rows = await rowMembers(tree, key, workspaceId, header);
  return { members: [...rows.members, ...files], rowsDigest: rows.rowsDigest };
}

function inMemory(path: string, contents: string | Buffer): Pick<OutgoingMember, 'path' | 'byteLength' | 'bytes'> {
  // A copy: its memory is given away, and the caller still needs its own.
  const bytes = Buffer.from(contents);
  return { path, byteLength: bytes.length, bytes: () => Readable.from([bytes]) };
}
