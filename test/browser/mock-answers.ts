import { peaksOf, wavSeconds } from './wave-file.js';

/** Canned but lifelike answers, shaped as `schema.graphql` has them. Nothing here is measured; it stands in for a server. */
export const LABELS = ['angry', 'disgusted', 'fearful', 'happy', 'neutral', 'sad', 'surprised'];

/** A slow wander through the labels: the shares at a moment, adding up to 1. */
export function sharesAt(seconds: number, seed: number): number[] {
  const logits = LABELS.map((label, index) => {
    const base = label === 'neutral' ? 1.6 : label === 'happy' || label === 'sad' ? 0.5 : -0.7;
    return base + 1.5 * Math.sin(seconds / (4.5 + index) + index * 2.1 + seed) + 0.35 * Math.sin(seconds * 1.9 + index * 5);
  });
  const powers = logits.map((logit) => Math.exp(logit));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

function verdict(shares: readonly number[]) {
  const best = shares.indexOf(Math.max(...shares));
  const ranked = LABELS.map((label, index) => ({ label, score: shares[index]! })).sort((a, b) => b.score - a.score);
  const abstained = shares[best]! < 0.4;
  return {
    label: LABELS[best]!, emotion: LABELS[best]!.toUpperCase(), confidence: shares[best]!, calibrated: true, abstained,
    predictionSet: ranked.slice(0, abstained ? 2 : 1).map((each) => each.label),
    scores: LABELS.map((label, index) => ({ label, emotion: label.toUpperCase(), score: shares[index]!, logit: Math.log(shares[index]!) })),
    contributions: [],
  };
}

export function model(state: string) {
  return {
    __typename: 'Model', id: 'starter', name: 'Starter', version: '1.0.0', digest: 'a'.repeat(64), labels: LABELS, embeddingDimension: 128, frameHopSeconds: 0.02, maxWindowSeconds: 15,
    license: 'Apache-2.0', attribution: null, precision: 'f32', isDefault: true, calibrated: true, state, stateMessage: null, provider: 'cpu', providerFallback: null,
    loadMs: state === 'UNLOADED' ? null : 184, memoryBytes: state === 'UNLOADED' ? null : 96_400_000, queueLength: 0,
  };
}

export function segmentsOf(recordingId: string, durationSeconds: number, seed: number) {
  const segments = [];
  for (let start = 0, index = 0; start + 1 < durationSeconds; start += 5.5, index++) {
    const end = Math.min(durationSeconds, start + 4.4);
    const gated = index % 6 === 3;
    const middle = (start + end) / 2;
    segments.push({
      id: `seg_${recordingId}_${index}`, index, startSeconds: start, endSeconds: end, speechSeconds: end - start, gate: gated ? 'MUSIC' : 'SPEECH',
      gateReason: gated ? 'Steady pitch and beat, no voice above them.' : null, speaker: null, text: null, embedding: null,
      prediction: gated
        ? { label: 'unknown', emotion: 'UNKNOWN', confidence: 0, calibrated: true, abstained: true, predictionSet: [], scores: [], contributions: [] }
        : verdict(sharesAt(middle, seed)),
    });
  }
  return segments;
}

/** `speaker` is null unless the mock of speakers gives one. */
export type MockSegment = Omit<ReturnType<typeof segmentsOf>[number], 'speaker'> & { readonly speaker: object | null };

export function timelineOf(segments: readonly MockSegment[], binSeconds: number, seed: number) {
  const startSeconds: number[] = [];
  for (const segment of segments) {
    if (segment.gate !== 'SPEECH') continue;
    for (let start = Math.ceil(segment.startSeconds / binSeconds) * binSeconds; start < segment.endSeconds; start += binSeconds) startSeconds.push(start);
  }
  const columns = startSeconds.map((start) => sharesAt(start, seed));
  return { binSeconds, labels: LABELS, startSeconds, series: LABELS.map((label, row) => ({ label, values: columns.map((column) => column[row]!) })) };
}

export function summaryOf(segments: readonly MockSegment[]) {
  const judged = segments.filter((segment) => segment.prediction.scores.length > 0);
  if (judged.length === 0) return null;
  return verdict(LABELS.map((_, index) => judged.reduce((sum, segment) => sum + segment.prediction.scores[index]!.score, 0) / judged.length));
}

export function qualityOf(wav: Buffer) {
  const durationSeconds = wavSeconds(wav);
  return {
    container: 'wav', codec: 'pcm_s16le', bitrateBps: 256_000, originalSampleRateHz: 16_000, originalChannels: 1, durationSeconds, effectiveBandwidthHz: 3900,
    integratedLoudnessLufs: -21.4, peakDbfs: -1.2, clippingRatio: 0, dcOffset: 0, speechLevelDbfs: -19.8, snrDb: 31.6, silenceRatio: 0.21, speechSeconds: durationSeconds * 0.79, dropoutCount: 0,
  };
}

export function warningsOf(): { code: string; message: string }[] {
  return [
    { code: 'NARROW_BAND', message: 'Nothing above 3.9 kHz: sounds like a telephone line.' },
    { code: 'NOT_SPEECH', message: '0:16.5–0:20.9 sounds like music and was not judged.' },
  ];
}

export { peaksOf };
