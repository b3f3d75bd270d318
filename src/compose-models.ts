import type { CliModels, ModelListing } from './cli/cli-runtime.js';
import { modelFolders } from './compose-analyzer.js';
import { isUndertoneError, UndertoneError } from './domain/errors.js';
import type { ModelManifest } from './domain/model.js';
import { visibleLabels } from './domain/scores.js';
import type { Settings } from './domain/settings.js';
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

  return {
    list: () => Promise.resolve(scanModels(folders).models.map(({ manifest }) => listing(manifest))),

    async verify(id) {
      try {
        await verifyModel(installed(id));
        return { ok: true, details: [] };
      } catch (error) {
        if (isUndertoneError(error) && error.code === 'MODEL_INVALID') return { ok: false, details: [error.message] };
        throw error;
      }
    },

    async remove(id) {
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

    async pull({ id, precision, acceptLicense, onProgress, signal }) {
      const { modelSources, huggingFaceUrl, modelScopeUrl, downloadProxy } = settings;
      const say = everyTwoSeconds(onProgress);
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
