import { encodeModel, GraphBuilder } from '../../src/inference/emotion2vec/graph-builder.js';
import { withMetadata } from './tiny-diarization.js';

/** The vocabulary: what SenseVoice says of a clip first (language, mood, event, spelling), and two words, for the two tones of tiny-diarization.ts. */
const TOKENS = ['<blk>', '<|en|>', '<|NEUTRAL|>', '<|Speech|>', '<|withitn|>', '▁low', '▁high'];
export const TINY_TOKENS = TOKENS.map((token, id) => `${token} ${id}\n`).join('');

const FRAMES = 7;
const BINS = 80;
/** Mel bins of the two tones. */
const LOW = [7, 8, 9];
const HIGH = [34, 35, 36, 37];

/**
 * The contract of SenseVoice in the form of sherpa-onnx: stacked log-mel frames [1, T, 560] → scores of tokens [1, T + 4, V].
 * A frame says "low" or "high" where that tone stands out, and nothing elsewhere.
 */
export function tinySenseVoice(): Uint8Array {
  const graph = new GraphBuilder();
  const features = graph.input('x', 'f32', ['n', 't', FRAMES * BINS]);
  for (const name of ['x_length', 'language', 'text_norm']) graph.input(name, 'i32', ['n']);
  const weights = new Float32Array(FRAMES * BINS * TOKENS.length);
  for (let frame = 0; frame < FRAMES; frame++) {
    for (const [bins, sign] of [[LOW, 1], [HIGH, -1]] as const) {
      for (const bin of bins) {
        const row = (frame * BINS + bin) * TOKENS.length;
        weights[row + 5] = sign / (bins.length * FRAMES);
        weights[row + 6] = -sign / (bins.length * FRAMES);
      }
    }
  }
  const scores = graph.node('Add', [graph.node('MatMul', [features, graph.floats(weights, [FRAMES * BINS, TOKENS.length])]), graph.floats([9, -99, -99, -99, -99, 0, 0])]);
  const first = Array.from({ length: 4 * TOKENS.length }, (_, i) => (i % TOKENS.length === Math.floor(i / TOKENS.length) + 1 ? 99 : 0));
  graph.output(graph.node('Concat', [graph.floats(first, [1, 4, TOKENS.length]), scores], { attributes: { axis: 1 }, as: 'logits' }), 'f32', ['n', 'u', TOKENS.length]);
  const column = (value: number): string => Array.from({ length: FRAMES * BINS }, () => value).join(',');
  return withMetadata(encodeModel(graph, 'tiny-sense-voice'), {
    model_type: 'sense_voice_ctc', comment: 'made by a test', vocab_size: TOKENS.length, lfr_window_size: FRAMES, lfr_window_shift: 6, normalize_samples: 0, with_itn: 14, without_itn: 15,
    lang_auto: 0, lang_zh: 3, lang_en: 4, lang_yue: 7, lang_ja: 11, lang_ko: 12, lang_nospeech: 13, neg_mean: column(0), inv_stddev: column(1),
  });
}
