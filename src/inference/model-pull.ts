import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UndertoneError } from '../domain/errors.js';
import { importCheckpoint, type ImportedModel, type ImportOptions, type ImportProgress } from './emotion2vec/import-checkpoint.js';
import { assertFree, DOWNLOADS } from './emotion2vec/model-folder.js';
import { downloadFile, type DownloadedFile, type DownloadOptions } from './model-download.js';
import { requireLicense } from './model-license.js';
import { fileUrl, PUBLISHED_MODELS, type ModelSource, type PublishedFile, type PublishedModel } from './published-models.js';

export interface PullOptions {
  /** `emotion2vec-plus-large`, `-base` or `-seed`. */
  readonly id: string;
  readonly modelsDir: string;
  readonly precision: ImportOptions['precision'];
  readonly acceptLicense: boolean;
  /** Sources in the order they are tried. Default: Hugging Face, then ModelScope. */
  readonly sources?: readonly ModelSource[];
  /** Hosts that stand in for a source's own, such as `https://hf-mirror.com`. */
  readonly mirrors?: Partial<Readonly<Record<ModelSource, string>>>;
  readonly proxyUrl?: string;
  readonly replace?: boolean;
  readonly calibrationClips?: readonly Float32Array[];
  readonly signal?: AbortSignal;
  readonly onDownload?: (doneBytes: number, totalBytes: number | null) => void;
  /** Ids that are pulled in other ways: named with the others where this one is unknown. */
  readonly otherIds?: readonly string[];
  readonly onImport?: (progress: ImportProgress) => void;
  /** For tests: what is published, and how patiently it is asked for. */
  readonly catalog?: readonly PublishedModel[];
  readonly download?: Pick<DownloadOptions, 'attempts' | 'retryDelayMs' | 'idleTimeoutMs'>;
}

/**
 * Downloads a published model and imports it. What was downloaded is kept in `<modelsDir>/.downloads` until the import is
 * done, so that a cut or a failed import never costs the download. Errors: MODEL_UNKNOWN, LICENSE_NOT_ACCEPTED and those
 * of downloadFile and importCheckpoint.
 */
export async function pullModel(options: PullOptions): Promise<ImportedModel> {
  const catalog = options.catalog ?? PUBLISHED_MODELS;
  const model = catalog.find(({ id }) => id === options.id);
  if (model === undefined) throw new UndertoneError('MODEL_UNKNOWN', `No published model is called ${JSON.stringify(options.id.slice(0, 80))}; known are ${[...catalog.map(({ id }) => id), ...(options.otherIds ?? [])].join(', ')}.`);
  // Before gigabytes are fetched, not after.
  if (options.replace !== true) await assertFree(options.modelsDir, model.id);
  await requireLicense(options.modelsDir, model, options.acceptLicense);
  const folder = join(options.modelsDir, DOWNLOADS, model.id);
  const [checkpointPath, tokensPath] = [join(folder, 'model.pt'), join(folder, 'tokens.txt')];
  await fetchFile(options, model, model.tokens, tokensPath);
  await fetchFile(options, model, model.checkpoint, checkpointPath, options.onDownload);
  const imported = await importCheckpoint({
    id: model.id, name: model.name, checkpointPath, tokensPath, modelsDir: options.modelsDir, precision: options.precision,
    // The download goes away afterwards; a link to it would keep its optimiser state, two thirds of the file, on the disk.
    weights: 'copy',
    ...(options.calibrationClips === undefined ? {} : { calibrationClips: options.calibrationClips }),
    ...(options.replace === undefined ? {} : { replace: options.replace }), ...(options.onImport ? { onProgress: options.onImport } : {}),
  });
  await rm(folder, { recursive: true, force: true });
  return imported;
}

function fetchFile(options: PullOptions, model: PublishedModel, file: PublishedFile, path: string, onProgress?: PullOptions['onDownload']): Promise<DownloadedFile> {
  const sources = options.sources ?? ['huggingface', 'modelscope'];
  const urls = sources.flatMap((source) => file.names.map((name) => fileUrl(model, source, name, options.mirrors?.[source])));
  return downloadFile({
    urls, path, ...options.download,
    ...(file.sizeBytes === undefined ? {} : { sizeBytes: file.sizeBytes }), ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }),
    ...(options.proxyUrl === undefined ? {} : { proxyUrl: options.proxyUrl }), ...(onProgress ? { onProgress } : {}), ...(options.signal ? { signal: options.signal } : {}),
  });
}
