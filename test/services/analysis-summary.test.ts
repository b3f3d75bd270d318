import { describe, expect, it } from 'vitest';
import type { ModelManifest } from '../../src/domain/model.js';
import { conversationOf } from '../../src/domain/conversation.js';
import { judge, speakersOf, unfamiliarSpeech } from '../../src/services/analysis-summary.js';
import type { JudgedWindow } from '../../src/services/window-inference.js';

const LABELS = ['angry', 'happy'];
const CALIBRATION = { temperature: 0.5, abstainBelow: 0.3, setThreshold: 0.4, unfamiliarBelow: 0.6 };

function manifest(calibration?: ModelManifest['calibration']): ModelManifest {
  return {
    id: 'm', version: '1', name: 'm', kind: 'waveform-onnx', file: 'm.onnx', sha256: 'a'.repeat(64), sizeBytes: 1, sampleRateHz: 16_000, minSamples: 400, frameHopSamples: 640, frameReceptiveFieldSamples: 960,
    normalization: 'none', labels: LABELS, embeddingDimension: 1, maxWindowSeconds: 15, license: 'x', ...(calibration === undefined ? {} : { calibration }),
  };
}

/** A window of `speechSeconds` of which the model says `familiarity`; undefined: nothing. */
function aWindow(speechSeconds: number, familiarity?: number, speaker: string | null = null): JudgedWindow {
  const inference = { frameCount: 1, frameLogits: Float32Array.of(2, 0), logits: Float32Array.of(2, 0), embedding: Float32Array.of(1), ...(familiarity === undefined ? {} : { familiarity }) };
  return { window: { startSeconds: 0, endSeconds: speechSeconds, speechSeconds, gate: 'speech', speaker }, inference };
}

const seen = (windows: readonly JudgedWindow[], calibration?: ModelManifest['calibration']) => {
  const { segments, summary } = judge(windows, manifest(calibration), 0);
  return { segments: segments.map(({ prediction }) => [prediction!.calibrated, prediction!.abstained]), summary: [summary!.calibrated, summary!.abstained] };
};
const SAID = [true, false];
const DECLINED = [false, true];

describe('speech unlike what the model learned from', () => {
  it('is declined window by window, and as a whole where it is most of the speech', () => {
    expect(seen([aWindow(3, 0.9), aWindow(2, 0.59)], CALIBRATION)).toEqual({ segments: [SAID, DECLINED], summary: SAID });
    expect(seen([aWindow(2, 0.9), aWindow(3, 0.59)], CALIBRATION)).toEqual({ segments: [SAID, DECLINED], summary: DECLINED });
    expect(seen([aWindow(2, 0.6)], CALIBRATION)).toEqual({ segments: [SAID], summary: SAID });
  });

  it('keeps its label, scores and logits: only what may be promised of them changes', () => {
    const [far, near] = [0.1, 0.9].map((familiarity) => judge([aWindow(2, familiarity)], manifest(CALIBRATION), 0).summary!);
    expect(far).toMatchObject({ label: near!.label, scores: near!.scores, logits: near!.logits, confidence: near!.scores['angry'] });
    expect(near!.confidence).toBeGreaterThan(near!.scores['angry']!);
  });

  it('is not told apart where the model does not know, or the calibration does not say', () => {
    expect(seen([aWindow(2)], CALIBRATION).summary).toEqual(SAID);
    expect(seen([aWindow(2, 0.1)], { temperature: 0.5 }).summary).toEqual(SAID);
    expect(seen([aWindow(2, 0.1)]).summary).toEqual([false, false]);
    expect(unfamiliarSpeech(judge([aWindow(2, 0.1)], manifest(), 0).segments, manifest())).toEqual({ judgedSeconds: 2, unfamiliarSeconds: 0 });
  });

  it('counts for each speaker alone', () => {
    const { segments, labels } = judge([aWindow(2, 0.9, 'a'), aWindow(3, 0.1, 'b')], manifest(CALIBRATION), 0);
    const conversation = conversationOf([{ startSeconds: 0, endSeconds: 2, speaker: 'a' }, { startSeconds: 2, endSeconds: 5, speaker: 'b' }], 5, []);
    const speakers = speakersOf(segments, conversation, null, labels, manifest(CALIBRATION), 0);
    expect(speakers.map(({ key, summary }) => [key, summary!.calibrated, summary!.abstained])).toEqual([['a', ...SAID], ['b', ...DECLINED]]);
    expect(unfamiliarSpeech(segments, manifest(CALIBRATION))).toEqual({ judgedSeconds: 5, unfamiliarSeconds: 3 });
  });
});
