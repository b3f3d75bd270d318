import type { AnalysisOutcome, PredictionResult, SegmentResult } from '../domain/analysis.js';

const LABELS = ['angry', 'happy', 'neutral', 'sad'] as const;

export function speechPrediction(changes: Partial<PredictionResult> = {}): PredictionResult {
  return { label: 'happy', confidence: 0.7, calibrated: true, abstained: false, predictionSet: ['happy'], scores: { angry: 0.1, happy: 0.7, neutral: 0.1, sad: 0.1 }, logits: [0, 2, 0, 0], ...changes };
}

export function speechSegment(index: number, changes: Partial<SegmentResult> = {}): SegmentResult {
  return { index, startSeconds: index * 2, endSeconds: index * 2 + 2, speechSeconds: 2, gate: 'speech', speaker: null, prediction: speechPrediction(), embedding: Float32Array.of(index, 1, 2, 3), frameCount: 50, ...changes };
}

/** A finished analysis of two speech windows, the smallest that has every part. */
export function speechOutcome(changes: Partial<AnalysisOutcome> = {}): AnalysisOutcome {
  return {
    options: { modelId: 'starter', raw: false, speakers: 'none' },
    model: { id: 'starter', version: '1.0.0', digest: 'ab'.repeat(32), labels: LABELS },
    durationSeconds: 4,
    quality: {
      container: 'wav', codec: 'pcm_s16le', bitrateBps: 256_000, originalSampleRateHz: 16_000, originalChannels: 1, durationSeconds: 4, effectiveBandwidthHz: 7800,
      integratedLoudnessLufs: -23, peakDbfs: -3, clippingRatio: 0, dcOffset: 0, speechLevelDbfs: -20, snrDb: 30, silenceRatio: 0.1, speechSeconds: 3.6, dropoutCount: 0,
    },
    speechRegions: [{ startSeconds: 0, endSeconds: 4 }],
    gate: { kind: 'speech', speechSeconds: 4, leftOutSeconds: 0, reason: 'Speech in all of it.' },
    warnings: [], summary: speechPrediction(), segments: [speechSegment(0), speechSegment(1)], speakers: [], conversation: null, embedding: Float32Array.of(1, 2, 3, 4),
    ...changes,
  };
}
