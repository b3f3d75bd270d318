import type { PublishedPart } from '../model-parts.js';
import type { SpeechEngine, SpeechRole } from './speech-manifest.js';

export interface PublishedSpeech {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly engine: SpeechEngine;
  readonly languages: readonly string[];
  readonly files: Partial<Readonly<Record<SpeechRole, PublishedPart>>>;
}

const AUTHORS = 'https://huggingface.co/csukuangfj';

/** Files of one revision, which do not change any more. */
function at(repository: string, revision: string, license: string) {
  return (name: string, sizeBytes: number, sha256: string): PublishedPart => ({ name, license, sizeBytes, sha256, urls: [`${AUTHORS}/${repository}/resolve/${revision}/${name}`] });
}

const WHISPER_TOKENS = [816_730, 'b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126'] as const;

function whisper(size: string, revision: string, encoder: readonly [number, string], decoder: readonly [number, string]): PublishedSpeech {
  const part = at(`sherpa-onnx-whisper-${size}`, revision, 'MIT');
  return {
    id: `whisper-${size}`, version: '1', name: `OpenAI Whisper ${size} (int8)`, engine: 'whisper', languages: ['en', 'zh'],
    files: { encoder: part(`${size}-encoder.int8.onnx`, ...encoder), decoder: part(`${size}-decoder.int8.onnx`, ...decoder), tokens: part(`${size}-tokens.txt`, ...WHISPER_TOKENS) },
  };
}

const senseVoice = at('sherpa-onnx-sense-voice-zh-en-ja-ko-yue-2024-07-17', '2365baeacb507f821a0c8120fcee3d484dba7a07', 'FunASR model licence 1.1 (attribution)');
const paraformer = at('sherpa-onnx-paraformer-zh-2023-09-14', 'def027084691107096b5ebba69785756d63de6c5', 'FunASR model licence 1.1 (attribution)');

/** What `models pull` knows that writes speech down, as the authors of sherpa-onnx converted it. Whisper gives no times of words: they share those of their segment. */
export const PUBLISHED_SPEECH: readonly PublishedSpeech[] = [
  {
    id: 'sense-voice', version: '2024-07-17', name: 'SenseVoice small (int8)', engine: 'sense-voice', languages: ['zh', 'en', 'ja', 'ko', 'yue'],
    files: { model: senseVoice('model.int8.onnx', 239_233_841, 'c71f0ce00bec95b07744e116345e33d8cbbe08cef896382cf907bf4b51a2cd51'), tokens: senseVoice('tokens.txt', 315_894, 'f449eb28dc567533d7fa59be34e2abca8784f771850c78a47fb731a31429a1dc') },
  },
  {
    id: 'paraformer-zh', version: '2023-09-14', name: 'Paraformer large (Chinese, int8)', engine: 'paraformer', languages: ['zh'],
    files: { model: paraformer('model.int8.onnx', 243_371_218, 'f36a0433bcf096bd6d6f11b80a3ac8bed110bdca632fe0d731df8d1a84475945'), tokens: paraformer('tokens.txt', 75_756, '59aba8873a2ed1e122c25fee421e25f283b63290efbde85c1f01a853d83cb6e6') },
  },
  whisper('tiny', '65176e2deb88badc814a94058666cadccc29b61c', [12_937_772, 'd24fb083ae3b1041fc24e97971d60e280c9342201fbb67b0ab428a8b4a51a434'], [89_855_401, 'd2fece8dd42771f1df975c6c0445770d0c292bf7547c2cae04a6c0cc57540925']),
  whisper('base', 'bb53ee204431c90d314c1cc08d28d23e5b7927cc', [29_120_534, '0b8fb1304b6109976038efff5ace81720e00386f3ff6b54ee8c75291ca0a1e11'], [130_672_026, '9759d217388a01b3a4c7c15533201067b48ae819c4daafc8624e64b9409dc02d']),
  whisper('small', '8f3c18b358db4d1f2fc1eae49d75cd20989e4309', [112_442_483, '4cbe7b22fa9026b843b60a68640c747de05bafb1a11b57edc0e66c232d9f33a9'], [262_226_114, 'acad50b5c782696e91b55914cc5ab4f756f1532f76e22aa6fc615f39fb69a8ee']),
];
