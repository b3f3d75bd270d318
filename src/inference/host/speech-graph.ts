import * as ort from 'onnxruntime-node';
import { SPEECH_HOP_SAMPLES, type VadState } from '../emotion-inference.js';
import type { ItemAnswer, SessionSettings, SpeechAnswer } from '../host-protocol.js';
import type { ProviderSession } from './provider-session.js';
import { openProviderSession } from './provider-session.js';
import { FRAME_HOP, FRAME_SAMPLES, FRAMES, SPEECH_STATE_SIZE, SPEECH_WINDOW, speechSequenceModel } from './speech-model.js';

const STATE_SHAPE = [1, 1, SPEECH_STATE_SIZE] as const;

/** Silero VAD: 512 new samples with the 64 before them (without those, speech in noise falls from 91 % to 76 %). */
export class SpeechGraph {
  private constructor(
    private readonly session: ort.InferenceSession,
    readonly opened: ProviderSession,
  ) {}

  static async open(file: string, session: SessionSettings): Promise<SpeechGraph> {
    // One small step after another: an accelerator would only add the way there and back.
    const opened = await openProviderSession(speechSequenceModel(file), { ...session, provider: 'cpu' }, () => Promise.resolve(null));
    const graph = new SpeechGraph(opened.session, opened);
    await graph.run(new Float32Array(SPEECH_HOP_SAMPLES), null);
    return graph;
  }

  /** `samples` are finite: the graph would swallow a NaN, answer something, and carry it in its state through the rest of the recording. */
  async run(samples: Float32Array, state: VadState | null): Promise<ItemAnswer<SpeechAnswer>> {
    const { frames, context } = framesOf(samples, state?.context ?? new Float32Array(SPEECH_WINDOW.context));
    if (frames.length === 0) return { ok: true, value: { probabilities: new Float32Array(0), state: { recurrent: state?.recurrent ?? new Float32Array(2 * SPEECH_STATE_SIZE), context } } };
    const before = state?.recurrent ?? new Float32Array(2 * SPEECH_STATE_SIZE);
    const outputs = await this.session.run({
      frames: new ort.Tensor('float32', frames, [frames.length / (FRAMES * FRAME_SAMPLES), FRAMES, FRAME_SAMPLES]),
      h: new ort.Tensor('float32', before.slice(0, SPEECH_STATE_SIZE), STATE_SHAPE),
      c: new ort.Tensor('float32', before.slice(SPEECH_STATE_SIZE), STATE_SHAPE),
    });
    const floats = (name: string): Float32Array => outputs[name]!.data as Float32Array;
    const recurrent = new Float32Array(2 * SPEECH_STATE_SIZE);
    recurrent.set(floats('lastH'));
    recurrent.set(floats('lastC'), SPEECH_STATE_SIZE);
    return { ok: true, value: { probabilities: floats('probabilities').slice(), state: { recurrent, context } } };
  }
}

/** The frames of every window, with its context and its mirrored end, one after another; a last one that is not full ends in silence. */
function framesOf(samples: Float32Array, contextBefore: Float32Array): { readonly frames: Float32Array; readonly context: Float32Array } {
  const { context, fresh, mirrored, total } = SPEECH_WINDOW;
  const count = Math.ceil(samples.length / fresh);
  const padded = new Float32Array(context + count * fresh);
  padded.set(contextBefore);
  padded.set(samples, context);
  const frames = new Float32Array(count * FRAMES * FRAME_SAMPLES);
  const window = new Float32Array(total);
  for (let index = 0; index < count; index++) {
    window.set(padded.subarray(index * fresh, index * fresh + context + fresh));
    // The last sample itself is the mirror and is not repeated.
    for (let i = 0; i < mirrored; i++) window[context + fresh + i] = window[context + fresh - 2 - i]!;
    for (let frame = 0; frame < FRAMES; frame++) frames.set(window.subarray(frame * FRAME_HOP, frame * FRAME_HOP + FRAME_SAMPLES), (index * FRAMES + frame) * FRAME_SAMPLES);
  }
  return { frames, context: padded.slice(padded.length - context) };
}
