import type { CliModels, ModelListing } from './cli/cli-runtime.js';
import { modelFolders } from './compose-analyzer.js';
import { diarizationFolder } from './compose-diarization.js';
import { isUndertoneError, UndertoneError } from './domain/errors.js';
import type { ModelManifest } from './domain/model.js';
import { visibleLabels } from './domain/scores.js';
import type { Settings } from './domain/settings.js';
import type { DiarizationManifest } from './inference/diarization/diarization-manifest.js';
import { installedDiarizations, readDiarization, verifyDiarization } from './inference/diarization/diarization-models.js';
import { installDiarization, pullDiarization } from './inference/diarization/install-diarization.js';
import { PUBLISHED_DIARIZATIONS } from './inference/diarization/published-diarizations.js';
import { importCheckpoint } from './inference/emotion2vec/import-checkpoint.js';
import { removeModel } from './inference/emotion2vec/model-folder.js';
import { pullModel } from './inference/model-pull.js';
import { verifyModel } from './inference/model-digest.js';
import { scanModels, type InstalledModel } from './inference/model-registry.js';

/** The models on disk, for the command: no host is started. */
export function composeModels(settings: Settings): CliModels {
  const folders = modelFolders(settings);
  const own = folders.at(-1)!;

  function installed(id: string): InstalledModel {
    const { models } = scanModels(folders);
    const found = models.find((model) => model.manifest.id === id);
    if (found === undefined) throw new UndertoneError('MODEL_UNKNOWN', `No model "${id}" is installed. Installed: ${models.map((model) => model.manifest.id).join(', ') || 'none'}.`);
    return found;
  }
  const listing = (manifest: ModelManifest): ModelListing => ({
    id: manifest.id, version: manifest.version, name: manifest.name, digest: manifest.sha256, labels: visibleLabels(manifest), embeddingDimension: manifest.embeddingDimension,
    sizeBytes: manifest.sizeBytes, license: manifest.license, precision: manifest.precision ?? 'f32', isDefault: manifest.id === (settings.defaultModel ?? 'starter'), calibrated: manifest.calibration !== undefined, quantization: manifest.quantization ?? null,
  });

  const voices = diarizationFolder(settings);
  const isDiarization = (id: string): boolean => installedDiarizations(voices).some(({ manifest }) => manifest.id === id);

  return {
    list: () => Promise.resolve([...scanModels(folders).models.map(({ manifest }) => listing(manifest)), ...installedDiarizations(voices).map(({ manifest }) => diarizationListing(manifest))]),

    async verify(id) {
      try {
        await (isDiarization(id) ? verifyDiarization(readDiarization(voices, id)) : verifyModel(installed(id)));
        return { ok: true, details: [] };
      } catch (error) {
        if (isUndertoneError(error) && error.code === 'MODEL_INVALID') return { ok: false, details: [error.message] };
        throw error;
      }
    },

    async remove(id) {
      if (isDiarization(id)) return removeModel(voices, id);
      const { folder } = installed(id);
      if (!folder.startsWith(own)) throw new UndertoneError('CONFLICT', `The model ${id} is the bundled one and stays. Choose another as default with UNDERTONE_DEFAULT_MODEL.`);
      await removeModel(own, id);
    },

    async import({ id, checkpoint, tokens, precision, replace, onProgress, signal }) {
      const say = everyTwoSeconds(onProgress);
      const { manifest, labelSource } = await importCheckpoint({
        id, checkpointPath: checkpoint, modelsDir: own, precision, replace, ...(tokens === null ? {} : { tokensPath: tokens }),
        onProgress: ({ stage, fraction }) => {
          signal.throwIfAborted();
          say(stage, fraction);
        },
      });
      onProgress(`labels from ${labelSource}`);
      return listing(manifest);
    },

    async importDiarization({ id, segmentation, embedding, replace }) {
      return diarizationListing(await installDiarization({ id, directory: voices, segmentationPath: segmentation, embeddingPath: embedding, replace }));
    },

    async pull({ id, precision, acceptLicense, onProgress, signal }) {
      const { modelSources, huggingFaceUrl, modelScopeUrl, downloadProxy } = settings;
      const say = everyTwoSeconds(onProgress);
      if (PUBLISHED_DIARIZATIONS.some((published) => published.id === id)) {
        return diarizationListing(await pullDiarization({
          id, directory: voices, signal, ...(huggingFaceUrl === null ? {} : { huggingFaceUrl }), ...(downloadProxy === null ? {} : { proxyUrl: downloadProxy }),
          onDownload: (doneBytes, totalBytes) => say('downloading', totalBytes === null ? 0 : doneBytes / totalBytes),
        }));
      }
      const { manifest } = await pullModel({
        id, modelsDir: own, precision, acceptLicense, signal, sources: modelSources,
        mirrors: { ...(huggingFaceUrl === null ? {} : { huggingface: huggingFaceUrl }), ...(modelScopeUrl === null ? {} : { modelscope: modelScopeUrl }) },
        ...(downloadProxy === null ? {} : { proxyUrl: downloadProxy }),
        onDownload: (doneBytes, totalBytes) => say('downloading', totalBytes === null ? 0 : doneBytes / totalBytes),
        onImport: ({ stage, fraction }) => say(stage, fraction),
      });
      return listing(manifest);
    },
  };
}

/** Of the pair: what it tells apart has no labels, and what it computes is not kept. */
function diarizationListing({ id, version, name, segmentation, embedding }: DiarizationManifest): ModelListing {
  return {
    kind: 'diarization', id, version, name, digest: embedding.sha256, labels: [], embeddingDimension: 0, sizeBytes: segmentation.sizeBytes + embedding.sizeBytes,
    license: [...new Set([segmentation.license, embedding.license])].join(' and '), precision: 'f32', isDefault: false, calibrated: false, quantization: null,
  };
}

/** A line when a stage begins, and every two seconds while it lasts: gigabytes come in thousands of pieces. */
function everyTwoSeconds(onProgress: (message: string) => void): (stage: string, fraction: number) => void {
  let lastStage = '';
  let lastMs = 0;
  return (stage, fraction) => {
    if (stage === lastStage && Date.now() - lastMs < 2000) return;
    onProgress(stage === lastStage ? `${stage} ${Math.floor(fraction * 100)} %` : stage);
    lastStage = stage;
    lastMs = Date.now();
  };
}
