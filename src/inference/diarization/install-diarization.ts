import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../../domain/errors.js';
import { installFolder } from '../emotion2vec/model-folder.js';
import { digestFiles } from '../model-digest.js';
import { downloadFile, type DownloadOptions } from '../model-download.js';
import type { DiarizationManifest } from './diarization-manifest.js';
import { mirrored, PUBLISHED_DIARIZATIONS, type PublishedDiarization, type PublishedPart } from './published-diarizations.js';
import { tryDiarization } from './voice-separation.js';

export interface InstallDiarizationOptions {
  readonly id: string;
  /** `<data folder>/diarization`. */
  readonly directory: string;
  readonly segmentationPath: string;
  readonly embeddingPath: string;
  readonly replace?: boolean;
  /** What is known of a published pair; a user's own files are "own" under an unknown licence. */
  readonly published?: PublishedDiarization;
}

/**
 * Copies a pair of models into the data folder, with their digests, and loads them once in a process of their own: what is
 * installed is known to load. Errors: BAD_INPUT, CONFLICT, MODEL_INVALID, STORAGE_FULL.
 */
export async function installDiarization(options: InstallDiarizationOptions): Promise<DiarizationManifest> {
  const { id, published } = options;
  return installFolder(options.directory, id, options.replace ?? false, async (folder) => {
    const part = async (source: string, file: string, known: PublishedPart | undefined): Promise<DiarizationManifest['segmentation']> => {
      const path = join(folder, file);
      await copyFile(source, path).catch((error: unknown) => {
        throw new UndertoneError('BAD_INPUT', `The model file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}). Check the path and the permissions.`, {}, { cause: error });
      });
      return { file, ...(await digestFiles([path])), name: known?.name ?? 'own', license: known?.license ?? 'unknown' };
    };
    const manifest: DiarizationManifest = {
      id, version: published?.version ?? '1', name: published?.name ?? id, kind: 'diarization',
      segmentation: await part(options.segmentationPath, 'segmentation.onnx', published?.segmentation),
      embedding: await part(options.embeddingPath, 'embedding.onnx', published?.embedding),
      clusterThreshold: published?.clusterThreshold ?? 0.5,
    };
    await tryDiarization({ folder, manifest });
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  });
}

export interface PullDiarizationOptions {
  readonly id: string;
  readonly directory: string;
  readonly huggingFaceUrl?: string;
  readonly proxyUrl?: string;
  readonly replace?: boolean;
  readonly signal?: AbortSignal;
  readonly onDownload?: (doneBytes: number, totalBytes: number | null) => void;
  /** For tests: what is published, and how patiently it is asked for. */
  readonly catalog?: readonly PublishedDiarization[];
  readonly download?: Pick<DownloadOptions, 'attempts' | 'retryDelayMs' | 'idleTimeoutMs'>;
}

/** Downloads a published pair, resuming what was cut, and installs it. Errors: MODEL_UNKNOWN and those of downloadFile and installDiarization. */
export async function pullDiarization(options: PullDiarizationOptions): Promise<DiarizationManifest> {
  const catalog = options.catalog ?? PUBLISHED_DIARIZATIONS;
  const published = catalog.find(({ id }) => id === options.id);
  if (published === undefined) throw new UndertoneError('MODEL_UNKNOWN', `No published diarization model is called ${JSON.stringify(options.id.slice(0, 80))}; known are ${catalog.map(({ id }) => id).join(', ')}.`);
  const folder = join(options.directory, '.downloads', published.id);
  const fetchPart = async (part: PublishedPart, file: string): Promise<string> => {
    const path = join(folder, file);
    await downloadFile({
      urls: mirrored(part.urls, options.huggingFaceUrl), path, sha256: part.sha256, ...options.download,
      ...(part.sizeBytes === undefined ? {} : { sizeBytes: part.sizeBytes }), ...(options.proxyUrl === undefined ? {} : { proxyUrl: options.proxyUrl }),
      ...(options.signal ? { signal: options.signal } : {}), ...(options.onDownload ? { onProgress: options.onDownload } : {}),
    });
    return path;
  };
  const segmentationPath = await fetchPart(published.segmentation, 'segmentation.onnx');
  const embeddingPath = await fetchPart(published.embedding, 'embedding.onnx');
  const manifest = await installDiarization({ id: published.id, directory: options.directory, segmentationPath, embeddingPath, published, ...(options.replace === undefined ? {} : { replace: options.replace }) });
  await rm(folder, { recursive: true, force: true });
  return manifest;
}
