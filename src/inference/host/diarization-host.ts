import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { DiarizationAnswer, DiarizationItem, HostLoad, ItemAnswer } from '../host-protocol.js';
import { serveHost, type LoadedGraph } from './host-loop.js';

/** The part of sherpa-onnx-node that is used; the package has no types. A model that does not fit it ends the process. */
interface Sherpa {
  readonly OfflineSpeakerDiarization: new (config: object) => {
    readonly sampleRate: number;
    setConfig(config: { readonly clustering: { readonly numClusters: number; readonly threshold: number } }): void;
    process(samples: Float32Array): readonly { readonly start: number; readonly end: number; readonly speaker: number }[];
  };
}

/** Shorter bursts are dropped, and shorter pauses of one voice are filled: sherpa-onnx's own defaults, in seconds. */
const MIN_ON_SECONDS = 0.3;
const MIN_OFF_SECONDS = 0.5;
const ESTIMATED = -1;

/** Entry of the diarization host: segmentation, voice embeddings and clustering in one native call. */
function open(load: HostLoad): LoadedGraph {
  if (load.kind !== 'diarization') throw new Error('This host only tells voices apart.');
  const sherpa = createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa;
  const { segmentationFile, embeddingFile, threadCount } = load;
  const diarization = new sherpa.OfflineSpeakerDiarization({
    segmentation: { pyannote: { model: segmentationFile }, numThreads: threadCount, provider: 'cpu', debug: 0 },
    embedding: { model: embeddingFile, numThreads: threadCount, provider: 'cpu', debug: 0 },
    clustering: { numClusters: ESTIMATED, threshold: 0.5 },
    minDurationOn: MIN_ON_SECONDS,
    minDurationOff: MIN_OFF_SECONDS,
  });
  if (diarization.sampleRate !== 16_000) throw new Error(`The segmentation model works at ${diarization.sampleRate} Hz; 16000 is needed.`);

  async function separate({ samplesFile, speakerCount, clusterThreshold }: DiarizationItem): Promise<ItemAnswer<DiarizationAnswer>> {
    const bytes = await readFile(samplesFile);
    const samples = new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
    diarization.setConfig({ clustering: { numClusters: speakerCount ?? ESTIMATED, threshold: clusterThreshold } });
    const segments = [...diarization.process(samples)].sort((a, b) => a.start - b.start);
    return { ok: true, value: { startSeconds: segments.map(({ start }) => start), endSeconds: segments.map(({ end }) => end), speaker: segments.map(({ speaker }) => speaker) } };
  }

  return {
    opened: { provider: 'cpu', providerFallback: null },
    batchLimit: 1,
    batchSampleLimit: null,
    run: async (items) => {
      const answers: ItemAnswer<DiarizationAnswer>[] = [];
      for (const item of items) answers.push(await separate(item as DiarizationItem));
      return answers;
    },
  };
}

serveHost((load) => Promise.resolve().then(() => open(load)));
