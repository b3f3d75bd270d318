import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installFolder } from '../emotion2vec/model-folder.js';
import { copyPart, fetchPart, publishedAs, type PullPartsOptions } from '../model-parts.js';
import type { DiarizationManifest } from './diarization-manifest.js';
import { PUBLISHED_DIARIZATIONS, type PublishedDiarization } from './published-diarizations.js';
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
    const manifest: DiarizationManifest = {
      id, version: published?.version ?? '1', name: published?.name ?? id, kind: 'diarization',
      segmentation: await copyPart(options.segmentationPath, folder, 'segmentation.onnx', published?.segmentation),
      embedding: await copyPart(options.embeddingPath, folder, 'embedding.onnx', published?.embedding),
      clusterThreshold: published?.clusterThreshold ?? 0.5,
    };
    await tryDiarization({ folder, manifest });
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  });
}

export interface PullDiarizationOptions extends PullPartsOptions {
  /** For tests: what is published. */
  readonly catalog?: readonly PublishedDiarization[];
}

/** Downloads a published pair, resuming what was cut, and installs it. Errors: MODEL_UNKNOWN and those of downloadFile and installDiarization. */
export async function pullDiarization(options: PullDiarizationOptions): Promise<DiarizationManifest> {
  const published = publishedAs(options.catalog ?? PUBLISHED_DIARIZATIONS, options.id, 'diarization');
  const folder = join(options.directory, '.downloads', published.id);
  const segmentationPath = await fetchPart(published.segmentation, folder, 'segmentation.onnx', options);
  const embeddingPath = await fetchPart(published.embedding, folder, 'embedding.onnx', options);
  const manifest = await installDiarization({ id: published.id, directory: options.directory, segmentationPath, embeddingPath, published, ...(options.replace === undefined ? {} : { replace: options.replace }) });
  await rm(folder, { recursive: true, force: true });
  return manifest;
}
