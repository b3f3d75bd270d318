import { dirname } from 'node:path';
import { FfmpegDecoder } from './audio/ffmpeg-decoder.js';
import { readCalibrationClips } from './calibration-clips.js';
import type { CliModels, ModelListing, UnusableListing } from './cli/cli-runtime.js';
import { modelFolders } from './compose-analyzer.js';
import { speechFolder } from './compose-asr.js';
import { diarizationFolder } from './compose-diarization.js';
import { isUndertoneError, UndertoneError } from './domain/errors.js';
import { resultDigest } from './domain/model.js';
import { visibleLabels } from './domain/scores.js';
import type { Settings } from './domain/settings.js';
import type { DiarizationManifest } from './inference/diarization/diarization-manifest.js';
import { installedDiarizations, readDiarization, verifyDiarization } from './inference/diarization/diarization-models.js';
import { installDiarization, pullDiarization } from './inference/diarization/install-diarization.js';
import { PUBLISHED_DIARIZATIONS } from './inference/diarization/published-diarizations.js';
import { importCheckpoint } from './inference/emotion2vec/import-checkpoint.js';
import { removeModel } from './inference/emotion2vec/model-folder.js';
import { writeCalibration } from './inference/model-manifest.js';
import { hasItsSize, verifyModel } from './inference/model-digest.js';
import { partialDownloads, sizeOf } from './inference/model-disk.js';
import { installedParts, readParts, verifyParts } from './inference/model-parts.js';
import { pullModel } from './inference/model-pull.js';
import { scanModels, type InstalledModel } from './inference/model-registry.js';
import { installSpeech, pullSpeech } from './inference/speech-to-text/install-speech.js';
import { PUBLISHED_SPEECH } from './inference/speech-to-text/published-speech.js';
import { digestOfSpeech, SPEECH, type SpeechManifest } from './inference/speech-to-text/speech-manifest.js';
import { temporaryFolder } from './temporary-folder.js';

/** The models on disk, for the command: no host is started. */
export function composeModels(settings: Settings): CliModels {
  const folders = modelFolders(settings);
  const own = folders.at(-1)!;

  function installed(id: string): InstalledModel {
    const { models, unusable } = scanModels(folders);
    const found = models.find((model) => model.manifest.id === id);
    const broken = unusable.find((model) => model.id === id);
    if (found === undefined && broken !== undefined) throw broken.problem;
    if (found === undefined) throw new UndertoneError('MODEL_UNKNOWN', `No model "${id}" is installed. Installed: ${models.map((model) => model.manifest.id).join(', ') || 'none'}.`);
    return found;
  }
  const listing = async ({ manifest, folder }: InstalledModel): Promise<ModelListing> => ({
    id: manifest.id, version: manifest.version, name: manifest.name, digest: resultDigest(manifest), labels: visibleLabels(manifest), embeddingDimension: manifest.embeddingDimension,
    sizeBytes: manifest.sizeBytes, license: manifest.license, precision: manifest.precision ?? 'f32', state: (await hasItsSize({ manifest, folder })) ? 'installed' : 'damaged', isDefault: manifest.id === (settings.defaultModel ?? 'starter'), calibrated: manifest.calibration !== undefined, quantization: manifest.quantization ?? null,
  });

  const voices = diarizationFolder(settings);
  const isDiarization = (id: string): boolean => installedDiarizations(voices).some(({ manifest }) => manifest.id === id);

  const words = speechFolder(settings);
  const isSpeech = (id: string): boolean => installedParts(SPEECH, words).some(({ manifest }) => manifest.id === id);

  /** The user's own recordings, their first seconds, for the comparison of int8 with float32. */
  async function calibration(clips: string | null, signal: AbortSignal): Promise<{ readonly calibrationClips?: readonly Float32Array[] }> {
    if (clips === null) return {};
    return { calibrationClips: await readCalibrationClips(clips, { decoder: new FfmpegDecoder({ confinement: settings.decoderConfinement }), tempDir: temporaryFolder(settings.dataDir), signal, ...settings }) };
  }

  return {
    list: async () => [...await Promise.all(scanModels(folders).models.map(listing)), ...installedDiarizations(voices).map(({ manifest }) => diarizationListing(manifest)), ...installedParts(SPEECH, words).map(({ manifest }) => speechListing(manifest))],

    async unusable() {
      const invalid = scanModels(folders).unusable.map(async ({ id, folder, problem }): Promise<UnusableListing> => ({ id, state: 'invalid', problem: problem.message, sizeBytes: await sizeOf(folder) }));
      const partial = (await partialDownloads(own)).map(({ id, sizeBytes }): UnusableListing => ({ id, state: 'partial', sizeBytes, problem: `The download of ${id} has not ended: \`undertone models pull ${id}\` goes on where it stopped, \`undertone models remove ${id}\` gives its disk space back.` }));
      return [...await Promise.all(invalid), ...partial];
    },

    async verify(id) {
      try {
        if (isSpeech(id)) await verifyParts(SPEECH, readParts(SPEECH, words, id));
        else await (isDiarization(id) ? verifyDiarization(readDiarization(voices, id)) : verifyModel(installed(id)));
        return { ok: true, details: [] };
      } catch (error) {
        if (isUndertoneError(error) && error.code === 'MODEL_INVALID') return { ok: false, details: [error.message] };
        throw error;
      }
    },

    async remove(id) {
      if (isDiarization(id)) return removeModel(voices, id);
      if (isSpeech(id)) return removeModel(words, id);
      const isBundled = scanModels(folders).models.some(({ manifest, folder }) => manifest.id === id && dirname(folder) !== own);
      if (isBundled) throw new UndertoneError('CONFLICT', `The model ${id} is the bundled one and stays. Choose another as default with UNDERTONE_DEFAULT_MODEL.`);
      await removeModel(own, id);
    },

    async calibrate(id, calibration) {
      await writeCalibration(installed(id).folder, calibration);
    },

    async import({ id, checkpoint, tokens, precision, replace, clips, onProgress, signal }) {
      const say = everyTwoSeconds(onProgress);
      const { manifest, folder, labelSource } = await importCheckpoint({
        ...(await calibration(clips, signal)), id, checkpointPath: checkpoint, modelsDir: own, precision, replace, ...(tokens === null ? {} : { tokensPath: tokens }),
        onProgress: ({ stage, fraction }) => {
          signal.throwIfAborted();
          say(stage, fraction);
        },
      });
      onProgress(`labels from ${labelSource}`);
      return listing({ manifest, folder });
    },

    async importDiarization({ id, segmentation, embedding, replace }) {
      return diarizationListing(await installDiarization({ id, directory: voices, segmentationPath: segmentation, embeddingPath: embedding, replace }));
    },

    async importSpeech({ id, engine, paths, replace }) {
      return speechListing(await installSpeech({ id, directory: words, engine, paths, replace }));
    },

    async pull({ id, precision, acceptLicense, replace, clips, onProgress, signal }) {
      const { modelSources, huggingFaceUrl, modelScopeUrl, downloadProxy } = settings;
      const say = everyTwoSeconds(onProgress);
      const ofParts = {
        id, signal, replace, ...(huggingFaceUrl === null ? {} : { huggingFaceUrl }), ...(downloadProxy === null ? {} : { proxyUrl: downloadProxy }),
        onDownload: (doneBytes: number, totalBytes: number | null): void => say('downloading', totalBytes === null ? 0 : doneBytes / totalBytes),
      };
      if (PUBLISHED_SPEECH.some((published) => published.id === id)) return speechListing(await pullSpeech({ ...ofParts, directory: words }));
      if (id.startsWith('diarization') || PUBLISHED_DIARIZATIONS.some((published) => published.id === id)) return diarizationListing(await pullDiarization({ ...ofParts, directory: voices }));
      const { manifest, folder } = await pullModel({
        ...(await calibration(clips, signal)), replace, id, modelsDir: own, precision, acceptLicense, signal, sources: modelSources, otherIds: [...PUBLISHED_DIARIZATIONS, ...PUBLISHED_SPEECH].map((published) => published.id),
        mirrors: { ...(huggingFaceUrl === null ? {} : { huggingface: huggingFaceUrl }), ...(modelScopeUrl === null ? {} : { modelscope: modelScopeUrl }) },
        ...(downloadProxy === null ? {} : { proxyUrl: downloadProxy }),
        onDownload: (doneBytes, totalBytes) => say('downloading', totalBytes === null ? 0 : doneBytes / totalBytes),
        onImport: ({ stage, fraction }) => say(stage, fraction),
      });
      return listing({ manifest, folder });
    },
  };
}

/** Of the pair: what it tells apart has no labels, and what it computes is not kept. */
function diarizationListing({ id, version, name, segmentation, embedding }: DiarizationManifest): ModelListing {
  return {
    kind: 'diarization', state: 'installed', id, version, name, digest: embedding.sha256, labels: [], embeddingDimension: 0, sizeBytes: segmentation.sizeBytes + embedding.sizeBytes,
    license: [...new Set([segmentation.license, embedding.license])].join(' and '), precision: 'f32', isDefault: false, calibrated: false, quantization: null,
  };
}

/** Of files that write down what is said. */
function speechListing(manifest: SpeechManifest): ModelListing {
  const parts = SPEECH.partsOf(manifest);
  return {
    kind: 'speech', state: 'installed', id: manifest.id, version: manifest.version, name: manifest.name, digest: digestOfSpeech(manifest), labels: [], embeddingDimension: 0,
    sizeBytes: parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), license: [...new Set(parts.map(({ license }) => license))].join(' and '), precision: 'f32', isDefault: false, calibrated: false, quantization: null,
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
