import * as ort from 'onnxruntime-node';
import { SOUND_KINDS, type SoundProbabilities } from '../emotion-inference.js';
import type { SessionSettings } from '../host-protocol.js';
import { openProviderSession } from './provider-session.js';

/** What the graph's convolutions need under them; shorter sounds are padded. */
const MIN_SAMPLES = 1600;

/** The bundled gate: one stretch of samples to the probability of each kind of sound. */
export class SoundGraph {
  private constructor(private readonly session: ort.InferenceSession) {}

  static async open(file: string, settings: SessionSettings): Promise<SoundGraph> {
    const { session } = await openProviderSession(file, { ...settings, provider: 'cpu' }, () => Promise.resolve(null));
    const graph = new SoundGraph(session);
    await graph.run(new Float32Array(MIN_SAMPLES));
    return graph;
  }

  async run(samples: Float32Array): Promise<SoundProbabilities> {
    const waveform = samples.length >= MIN_SAMPLES ? samples : padded(samples);
    const outputs = await this.session.run({ waveform: new ort.Tensor('float32', waveform, [1, waveform.length]) });
    const probabilities = outputs['probabilities']?.data as Float32Array | undefined;
    if (probabilities?.length !== SOUND_KINDS.length) throw new Error(`The gate answers with ${probabilities?.length ?? 0} probabilities instead of ${SOUND_KINDS.length}.`);
    const [speech, singing, music, noise] = probabilities as unknown as readonly [number, number, number, number];
    return { speech, singing, music, noise };
  }
}

function padded(samples: Float32Array): Float32Array {
  const waveform = new Float32Array(MIN_SAMPLES);
  waveform.set(samples);
  return waveform;
}
