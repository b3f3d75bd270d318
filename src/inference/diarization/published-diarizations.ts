import type { PublishedPart } from '../model-parts.js';

export interface PublishedDiarization {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly segmentation: PublishedPart;
  readonly embedding: PublishedPart;
  readonly clusterThreshold: number;
}

/** The release's tag is spelt so. */
const EMBEDDINGS = ['https://huggingface.co/csukuangfj/speaker-embedding-models/resolve/main', 'https://github.com/k2-fsa/sherpa-onnx/releases/download/speaker-recongition-models'];

function embedding(file: string, part: Omit<PublishedPart, 'urls'>): PublishedPart {
  return { ...part, urls: EMBEDDINGS.map((folder) => `${folder}/${file}`) };
}

/** pyannote's segmentation 3.0, converted by the authors of sherpa-onnx: ten seconds at a time, up to three voices in each. */
const SEGMENTATION: PublishedPart = {
  name: 'pyannote segmentation-3.0',
  license: 'MIT',
  urls: ['https://huggingface.co/csukuangfj/sherpa-onnx-pyannote-segmentation-3-0/resolve/9403a6902bb58e3d5ae8c7e77c3422de279db2e0/model.onnx'],
  sizeBytes: 5_992_913,
  sha256: '220ad67ca923bef2fa91f2390c786097bf305bceb5e261d4af67b38e938e1079',
};

/**
 * What `models pull` knows beside the emotion models. Thresholds are sherpa-onnx's default; where the number of speakers
 * is known it should be given, which is far surer.
 */
export const PUBLISHED_DIARIZATIONS: readonly PublishedDiarization[] = [
  {
    id: 'diarization-en', version: '3.0', name: 'pyannote segmentation-3.0 with NeMo TitaNet small', segmentation: SEGMENTATION, clusterThreshold: 0.5,
    embedding: embedding('nemo_en_titanet_small.onnx', { name: 'NeMo TitaNet small', license: 'CC-BY-4.0', sizeBytes: 40_257_283, sha256: 'ad4a1802485d8b34c722d2a9d04249662f2ece5d28a7a039063ca22f515a789e' }),
  },
  {
    id: 'diarization-zh-en', version: '3.0', name: 'pyannote segmentation-3.0 with 3D-Speaker CAM++ (Chinese and English)', segmentation: SEGMENTATION, clusterThreshold: 0.5,
    embedding: embedding('3dspeaker_speech_campplus_sv_zh_en_16k-common_advanced.onnx', { name: '3D-Speaker CAM++ zh-en common advanced', license: 'Apache-2.0', sha256: 'aa3cfc16963a10586a9393f5035d6d6b57e98d358b347f80c2a30bf4f00ceba2' }),
  },
];
