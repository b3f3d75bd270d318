import type { AnalysisWarning, GateKind, GateResult, PredictionResult } from '../domain/analysis.js';
import type { AppliedCalibration } from '../domain/calibration.js';
import type { AnalysisRecord, SegmentRecord, SpeakerRecord } from '../domain/records.js';
import type { RoleRule, RoleSource } from '../domain/speaker-roles.js';
import type { Analysis, Segment, Speaker } from './generated/client.js';
import { Prisma } from './generated/client.js';

/** JSON columns are written by this folder only, from exactly the types they are read as. */
export function toAnalysis(row: Analysis): AnalysisRecord {
  return {
    id: row.id,
    workspaceId: row.workspaceId,
    recordingId: row.recordingId,
    status: row.status,
    progress: row.progress,
    attempt: row.attempt,
    modelId: row.modelId,
    modelVersion: row.modelVersion,
    modelDigest: row.modelDigest,
    modelLabels: row.modelLabels,
    raw: row.raw,
    speakersMode: row.speakersMode as AnalysisRecord['speakersMode'],
    speakerCount: row.speakerCount,
    roleRule: row.roleRule as unknown as RoleRule | null,
    idempotencyKey: row.idempotencyKey,
    requestDigest: row.requestDigest,
    problem: row.problemCode === null ? null : { code: row.problemCode, message: row.problemMessage ?? '' },
    gate: row.gate as unknown as GateResult | null,
    warnings: (row.warnings ?? []) as unknown as AnalysisWarning[],
    summary: row.summary as unknown as PredictionResult | null,
    calibration: row.calibration as unknown as AppliedCalibration | null,
    trackKey: row.trackKey,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}

/** A segment with the labels of its analysis, without which its scores have no names. */
export type SegmentRow = Segment & { readonly modelLabels: string[] };

/** Columns of SegmentRow for a raw query in which the segment goes by `s` and its analysis by `a`. */
export const SEGMENT_COLUMNS = Prisma.raw(
  ['id', 'analysisId', 'index', 'startSeconds', 'endSeconds', 'speechSeconds', 'gate', 'speakerId', 'text', 'label', 'confidence', 'calibrated', 'abstained', 'predictionSet', 'scores', 'logits', 'frameOffset', 'frameCount', 'agreement']
    .map((column) => `s."${column}"`)
    .concat('a."modelLabels"')
    .join(', '),
);

export function toSegment(row: SegmentRow): SegmentRecord {
  return {
    id: row.id,
    analysisId: row.analysisId,
    index: row.index,
    startSeconds: row.startSeconds,
    endSeconds: row.endSeconds,
    speechSeconds: row.speechSeconds,
    gate: row.gate as GateKind,
    speakerId: row.speakerId,
    text: row.text,
    agreement: row.agreement,
    prediction: toPrediction(row),
    frameOffset: row.frameOffset,
    frameCount: row.frameCount,
  };
}

function toPrediction(row: SegmentRow): PredictionResult | null {
  if (row.label === null || row.confidence === null) return null;
  return {
    label: row.label,
    confidence: row.confidence,
    calibrated: row.calibrated,
    abstained: row.abstained,
    predictionSet: row.predictionSet,
    scores: Object.fromEntries(row.modelLabels.map((label, index) => [label, row.scores[index] ?? 0])),
    logits: row.logits,
  };
}

export function toSpeaker({ workspaceId: _workspaceId, ...row }: Speaker): SpeakerRecord {
  return { ...row, summary: row.summary as unknown as PredictionResult | null, roleSource: row.roleSource as RoleSource | null };
}
