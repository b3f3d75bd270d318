import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UndertoneError } from '../domain/errors.js';
import { digestFiles } from './model-digest.js';
import { downloadFile, type DownloadOptions } from './model-download.js';

/** A file of a model that consists of several, and what is known of it. */
export const partSchema = z.strictObject({
  /** Plain name inside the folder. */
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a plain file name inside the folder'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower case hex digits'),
  sizeBytes: z.int().positive(),
  /** As its authors call it. */
  name: z.string().min(1),
  license: z.string().min(1),
});
export type ModelPart = z.infer<typeof partSchema>;

export const partModelId = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be 1 to 64 of a-z, 0-9, ".", "_", "-"');

/** One file, wherever it can be had. */
export interface PublishedPart {
  readonly name: string;
  readonly license: string;
  readonly urls: readonly string[];
  readonly sizeBytes?: number;
  /** Hex. */
  readonly sha256: string;
}

export interface InstalledParts<M> {
  readonly folder: string;
  readonly manifest: M;
}

/** What models of one kind are called, and where they lie: `<data folder>/<kindFolder>/<id>/manifest.json`. */
export interface PartKind<M extends { readonly id: string }> {
  /** For people: `diarization`, `speech`. */
  readonly name: string;
  readonly schema: z.ZodType<M>;
  readonly partsOf: (manifest: M) => readonly ModelPart[];
}

/** Throws MODEL_INVALID with all that differs. */
export function parsePartManifest<M extends { readonly id: string }>(kind: PartKind<M>, text: string, folderName: string): M {
  const invalid = (differences: readonly string[]): UndertoneError =>
    new UndertoneError('MODEL_INVALID', `${kind.name}/${folderName}/manifest.json is not valid: ${differences.join('; ')}. Remove the folder and pull the model again.`, { differences });
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw invalid(['it is not JSON']);
  }
  const parsed = kind.schema.safeParse(raw);
  if (!parsed.success) throw invalid(parsed.error.issues.map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`));
  if (parsed.data.id !== folderName) throw invalid([`id is "${parsed.data.id}" but the folder is "${folderName}"`]);
  return parsed.data;
}

/** Those that are installed, by id. A folder whose manifest is broken is passed over: `models verify` says what is wrong. */
export function installedParts<M extends { readonly id: string }>(kind: PartKind<M>, directory: string): readonly InstalledParts<M>[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).filter((name) => !name.startsWith('.')).sort().flatMap((name) => {
    try {
      return [readParts(kind, directory, name)];
    } catch {
      return [];
    }
  });
}

/** Throws MODEL_UNKNOWN, MODEL_INVALID. */
export function readParts<M extends { readonly id: string }>(kind: PartKind<M>, directory: string, id: string): InstalledParts<M> {
  const folder = join(directory, id);
  const path = join(folder, 'manifest.json');
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(id) || !existsSync(path)) throw new UndertoneError('MODEL_UNKNOWN', `No ${kind.name} model ${JSON.stringify(id.slice(0, 80))} is installed.`);
  return { folder, manifest: parsePartManifest(kind, readFileSync(path, 'utf8'), id) };
}

/** Throws MODEL_INVALID with what differs from the manifest. */
export async function verifyParts<M extends { readonly id: string }>(kind: PartKind<M>, { folder, manifest }: InstalledParts<M>): Promise<void> {
  const differences: string[] = [];
  for (const { file, sha256, sizeBytes } of kind.partsOf(manifest)) {
    const path = join(folder, file);
    const size = await stat(path).then((found) => found.size, () => null);
    if (size === null) differences.push(`${file} is missing`);
    else if (size !== sizeBytes) differences.push(`${file} has ${size} bytes, the manifest says ${sizeBytes}`);
    else if ((await digestFiles([path])).sha256 !== sha256) differences.push(`${file} has another SHA-256 than the manifest says`);
  }
  if (differences.length > 0) throw new UndertoneError('MODEL_INVALID', `The ${kind.name} model ${manifest.id} is not as its manifest says: ${differences.join('; ')}. Remove it and pull it again.`, { differences });
}

/** Copies a file into a model's folder and says what it is; a user's own is "own" under an unknown licence. BAD_INPUT. */
export async function copyPart(source: string, folder: string, file: string, known: Pick<PublishedPart, 'name' | 'license'> | undefined): Promise<ModelPart> {
  const path = join(folder, file);
  await copyFile(source, path).catch((error: unknown) => {
    throw new UndertoneError('BAD_INPUT', `The model file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}). Check the path and the permissions.`, {}, { cause: error });
  });
  return { file, ...(await digestFiles([path])), name: known?.name ?? 'own', license: known?.license ?? 'unknown' };
}

export interface PullPartsOptions {
  readonly id: string;
  readonly directory: string;
  readonly huggingFaceUrl?: string;
  readonly proxyUrl?: string;
  readonly replace?: boolean;
  readonly signal?: AbortSignal;
  readonly onDownload?: (doneBytes: number, totalBytes: number | null) => void;
  /** For tests: how patiently it is asked for. */
  readonly download?: Pick<DownloadOptions, 'attempts' | 'retryDelayMs' | 'idleTimeoutMs'>;
}

/** Downloads one part into `folder`, going on where an earlier try was cut; its path. Errors as of downloadFile. */
export async function fetchPart(part: PublishedPart, folder: string, file: string, options: Omit<PullPartsOptions, 'id' | 'directory' | 'replace'>): Promise<string> {
  const path = join(folder, file);
  await downloadFile({
    urls: mirrored(part.urls, options.huggingFaceUrl), path, sha256: part.sha256, ...options.download,
    ...(part.sizeBytes === undefined ? {} : { sizeBytes: part.sizeBytes }), ...(options.proxyUrl === undefined ? {} : { proxyUrl: options.proxyUrl }),
    ...(options.signal ? { signal: options.signal } : {}), ...(options.onDownload ? { onProgress: options.onDownload } : {}),
  });
  return path;
}

/** What is published under an id. MODEL_UNKNOWN. */
export function publishedAs<P extends { readonly id: string }>(catalog: readonly P[], id: string, kind: string): P {
  const published = catalog.find((one) => one.id === id);
  if (published === undefined) throw new UndertoneError('MODEL_UNKNOWN', `No published ${kind} model is called ${JSON.stringify(id.slice(0, 80))}; known are ${catalog.map((one) => one.id).join(', ')}.`);
  return published;
}

const HUGGING_FACE = 'https://huggingface.co';

/** Addresses with a mirror in the place of Hugging Face's own. */
export function mirrored(urls: readonly string[], huggingFaceUrl: string | undefined): readonly string[] {
  return huggingFaceUrl === undefined ? urls : urls.map((url) => (url.startsWith(HUGGING_FACE) ? huggingFaceUrl.replace(/\/+$/, '') + url.slice(HUGGING_FACE.length) : url));
}
