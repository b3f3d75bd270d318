import type { AnalysisOutcome, AudioQuality, PredictionResult, SegmentResult, SpeakerResult } from './analysis.js';
import type { Conversation, SpeakerFigures } from './conversation.js';

/** What `analyze --json` and `demo --json` print for a file, and what the API exports of an analysis: a contract; fields are added, never renamed. Seconds from the start. */
export interface AnalysisReport {
  readonly file: string;
  readonly sha256: string;
  readonly durationSeconds: number;
  readonly model: { readonly id: string; readonly version: string; readonly digest: string };
  readonly gate: { readonly kind: string; readonly speechSeconds: number; readonly leftOutSeconds: number; readonly leftOut?: readonly { readonly kind: string; readonly seconds: number }[]; readonly reason: string };
  readonly quality: AudioQuality;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  /** Null when nothing was judged. */
  readonly summary: ReportedPrediction | null;
  readonly speakers: readonly ReportedSpeaker[];
  /** Who talks when; null where speakers were not told apart. */
  readonly conversation: ReportedConversation | null;
  readonly segments: readonly ReportedSegment[];
  /** Null when nothing was judged: there is no embedding then. */
  readonly embedding: { readonly dimension: number; readonly kind: 'utterance' } | null;
}

export interface ReportedSpeaker {
  readonly key: string;
  readonly role: string | null;
  readonly roleSource: string | null;
  readonly channel: number | null;
  readonly talkSeconds: number;
  readonly figures: Omit<SpeakerFigures, 'speaker' | 'talkSeconds'> | null;
  readonly summary: ReportedPrediction | null;
}

export interface ReportedConversation extends Omit<Conversation, 'speakers' | 'stretches'> {
  /** What is said, without the pauses inside turns. */
  readonly speech: Conversation['stretches'];
}

export interface ReportedPrediction {
  readonly label: string;
  readonly confidence: number;
  readonly calibrated: boolean;
  readonly abstained: boolean;
  readonly scores: Readonly<Record<string, number>>;
}

export interface ReportedSegment {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speaker: string | null;
  /** Null, like the confidence, where the gate kept the window from being judged; `scores` is empty there. */
  readonly label: string | null;
  readonly confidence: number | null;
  readonly calibrated: boolean;
  readonly abstained: boolean;
  readonly gate: string;
  readonly scores: Readonly<Record<string, number>>;
}

export interface FailedReport {
  readonly file: string;
  readonly problem: { readonly code: string; readonly message: string };
}

export type FileReport = AnalysisReport | FailedReport;

export function isFailed(report: FileReport): report is FailedReport {
  return 'problem' in report;
}

/** What a report is made from: a result that is still in memory, or one that was stored. */
export interface ReportedOutcome extends Pick<AnalysisOutcome, 'durationSeconds' | 'gate' | 'quality' | 'warnings' | 'summary' | 'conversation' | 'embedding'> {
  readonly model: Pick<AnalysisOutcome['model'], 'id' | 'version' | 'digest'>;
  readonly speakers: readonly (Omit<SpeakerResult, 'figures'> & { readonly figures: SpeakerFigures | null })[];
  readonly segments: readonly Pick<SegmentResult, 'startSeconds' | 'endSeconds' | 'speaker' | 'gate' | 'prediction'>[];
}

export function analysisReport(file: string, { sha256, outcome }: { readonly sha256: string; readonly outcome: ReportedOutcome }): AnalysisReport {
  return {
    file,
    sha256,
    durationSeconds: outcome.durationSeconds,
    model: { id: outcome.model.id, version: outcome.model.version, digest: outcome.model.digest },
    gate: { ...outcome.gate },
    quality: { ...outcome.quality },
    warnings: outcome.warnings.map(({ code, message }) => ({ code, message })),
    summary: outcome.summary === null ? null : reported(outcome.summary),
    speakers: outcome.speakers.map((speaker) => speakerReport(speaker)),
    conversation: outcome.conversation === null ? null : conversationReport(outcome.conversation),
    segments: outcome.segments.map((segment) => segmentReport(segment)),
    embedding: outcome.embedding === null ? null : { dimension: outcome.embedding.length, kind: 'utterance' },
  };
}

function speakerReport({ key, role, roleSource, channel, talkSeconds, summary, figures }: ReportedOutcome['speakers'][number]): ReportedSpeaker {
  return { key, role, roleSource, channel, talkSeconds, figures: figures === null ? null : ownFigures(figures), summary: summary === null ? null : reported(summary) };
}

/** Without what the speaker itself already says. */
function ownFigures({ speaker: _speaker, talkSeconds: _talkSeconds, ...own }: SpeakerFigures): ReportedSpeaker['figures'] {
  return own;
}

function conversationReport({ speakers: _speakers, stretches, ...rest }: Conversation): ReportedConversation {
  return { ...rest, speech: stretches };
}

function segmentReport(segment: ReportedOutcome['segments'][number]): ReportedSegment {
  const { prediction } = segment;
  return {
    startSeconds: segment.startSeconds,
    endSeconds: segment.endSeconds,
    speaker: segment.speaker,
    label: prediction?.label ?? null,
    confidence: prediction?.confidence ?? null,
    calibrated: prediction?.calibrated ?? false,
    abstained: prediction?.abstained ?? true,
    gate: segment.gate,
    scores: { ...prediction?.scores },
  };
}

function reported(prediction: PredictionResult): ReportedPrediction {
  return { label: prediction.label, confidence: prediction.confidence, calibrated: prediction.calibrated, abstained: prediction.abstained, scores: { ...prediction.scores } };
}
