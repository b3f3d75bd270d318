import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliModels, ModelListing } from './cli/cli-runtime.js';
import { modelFolders } from './compose-analyzer.js';
import { isUndertoneError, UndertoneError } from './domain/errors.js';
import type { ModelManifest } from './domain/model.js';
import type { Settings } from './domain/settings.js';
import { importCheckpoint } from './inference/emotion2vec/import-checkpoint.js';
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
    id: manifest.id, version: manifest.version, name: manifest.name, digest: manifest.sha256, labels: manifest.labels, embeddingDimension: manifest.embeddingDimension,
    sizeBytes: manifest.sizeBytes, license: manifest.license, precision: manifest.precision ?? 'f32', isDefault: manifest.id === (settings.defaultModel ?? 'starter'), calibrated: manifest.calibration !== undefined,
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
      // Hidden first: a scan in mid-removal must not find half a model.
      const hidden = join(own, `.removed-${id}-${process.pid}`);
      await rename(folder, hidden);
      await rm(hidden, { recursive: true });
    },

    async import({ id, checkpoint, tokens, precision, onProgress }) {
      let last = '';
      const { manifest, labelSource } = await importCheckpoint({
        id, checkpointPath: checkpoint, modelsDir: own, precision, ...(tokens === null ? {} : { tokensPath: tokens }),
        onProgress: ({ stage }) => {
          if (stage !== last) onProgress(stage);
          last = stage;
        },
      });
      onProgress(`labels from ${labelSource}`);
      return listing(manifest);
    },

    pull: () => Promise.reject(new UndertoneError('MODEL_DOWNLOAD_FAILED', 'Downloading is not offered yet. Download model.pt and tokens.txt yourself and run `undertone models import --id ID --checkpoint model.pt --tokens tokens.txt`.')),
  };
}
