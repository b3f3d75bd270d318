import { createRequire } from 'node:module';
import type { HostLoad, ItemAnswer, TranscriptionAnswer, TranscriptionItem } from '../host-protocol.js';
import { wordsOfTokens } from '../speech-to-text/words-of-tokens.js';
import { serveHost, type LoadedGraph } from './host-loop.js';

/** The part of sherpa-onnx-node that is used; the package has no types. A model that does not fit it ends the process. */
interface Recognizer {
  createStream(): { acceptWaveform(wave: { readonly sampleRate: number; readonly samples: Float32Array }): void };
  setConfig(config: object): void;
  decode(stream: object): void;
  getResult(stream: object): { readonly text: string; readonly tokens?: readonly string[]; readonly timestamps?: readonly number[]; readonly lang?: string };
}
interface Sherpa {
  readonly OfflineRecognizer: new (config: object) => Recognizer;
}

const SAMPLE_RATE_HZ = 16_000;

type SpeechLoad = Extract<HostLoad, { kind: 'transcription' }>;

function configOf({ engine, files, threadCount }: SpeechLoad, language: string): object {
  const own = {
    'sense-voice': { senseVoice: { model: files.model, language: '', useInverseTextNormalization: 1 } },
    paraformer: { paraformer: { model: files.model } },
    whisper: { whisper: { encoder: files.encoder, decoder: files.decoder, language, task: 'transcribe', tailPaddings: -1 } },
  }[engine];
  return { featConfig: { sampleRate: SAMPLE_RATE_HZ, featureDim: 80 }, modelConfig: { ...own, tokens: files.tokens, numThreads: threadCount, provider: 'cpu', debug: 0 }, decodingMethod: 'greedy_search' };
}

/** Entry of the transcription host: one native call a segment. */
function open(load: HostLoad): LoadedGraph {
  if (load.kind !== 'transcription') throw new Error('This host only writes down what is said.');
  const sherpa = createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa;
  let spoken = '';
  const recognizer = new sherpa.OfflineRecognizer(configOf(load, spoken));

  function transcribe({ samples, language }: TranscriptionItem): ItemAnswer<TranscriptionAnswer> {
    // Only Whisper is told; the others find out, or know one.
    if (load.kind === 'transcription' && load.engine === 'whisper' && language !== spoken) {
      recognizer.setConfig(configOf(load, language));
      spoken = language;
    }
    const stream = recognizer.createStream();
    stream.acceptWaveform({ sampleRate: SAMPLE_RATE_HZ, samples });
    recognizer.decode(stream);
    const { text, tokens = [], timestamps = [], lang = '' } = recognizer.getResult(stream);
    const words = wordsOfTokens({ text, tokens, timestamps }, samples.length / SAMPLE_RATE_HZ);
    return { ok: true, value: { language: lang.replace(/[<|>]/g, ''), text: words.map((word) => word.text), startSeconds: words.map(({ startSeconds }) => startSeconds), endSeconds: words.map(({ endSeconds }) => endSeconds) } };
  }

  return {
    opened: { provider: 'cpu', providerFallback: null },
    batchLimit: 1,
    batchSampleLimit: null,
    run: (items) => Promise.resolve(items.map((item) => transcribe(item as TranscriptionItem))),
  };
}

serveHost((load) => Promise.resolve().then(() => open(load)));
