import { setTimeout as delay } from 'node:timers/promises';
import type { AnalysisStatus, AudioQuality } from '../domain/analysis.js';
import type { AnalysisReport, ReportedConversation, ReportedPrediction, ReportedSegment, ReportedSpeaker } from '../domain/analysis-report.js';
import { ApiProblem, query, upload } from './demo-api.js';
import type { DemoServer } from './demo-server.js';

const POLL_MS = 150;
const PAGE = 100;
/** Sending counts as the first part of the bar, the analysis as the rest. */
const UPLOAD_SHARE = 0.2;

const PREDICTION = 'label confidence calibrated abstained scores { label score }';
const UPLOAD = 'mutation Upload($file: Upload!) { result: uploadRecording(file: $file) { __typename ... on Recording { id } ... on Problem { code message } } }';
const ANALYZE = 'mutation Analyze($input: AnalyzeRecordingInput!) { result: analyzeRecording(input: $input) { __typename ... on Analysis { id } ... on Problem { code message } } }';
const PROGRESS = 'query Progress($id: ID!) { analysis(id: $id) { status progress problem { code message } } }';
const RESULT = `query Result($id: ID!) { analysis(id: $id) {
  modelVersion modelDigest model { id } warnings { code message } gate { kind speechSeconds leftOutSeconds reason }
  summary { ${PREDICTION} } speakers { id key role roleSource channel talkSeconds figures { talkShare soloSeconds overlapSeconds turnCount meanTurnSeconds longestTurnSeconds interruptionCount interruptedCount responseSeconds } summary { ${PREDICTION} } }
  conversation { speechSeconds overlapSeconds silenceSeconds silenceRatio longestSilenceSeconds speakerChangeCount interruptionCount overlaps { startSeconds endSeconds } turns { startSeconds endSeconds speakers } speech { startSeconds endSeconds speakers } } embedding { dimension }
  recording { sha256 durationSeconds quality { container codec bitrateBps originalSampleRateHz originalChannels durationSeconds effectiveBandwidthHz integratedLoudnessLufs peakDbfs clippingRatio dcOffset speechLevelDbfs snrDb silenceRatio speechSeconds dropoutCount } }
} }`;
const SEGMENTS = `query Segments($id: ID!, $after: String) { analysis(id: $id) { segments(first: ${PAGE}, after: $after) {
  nodes { startSeconds endSeconds gate speaker { key } prediction { ${PREDICTION} } } pageInfo { hasNextPage endCursor } } } }`;

interface ApiPrediction { label: string; confidence: number; calibrated: boolean; abstained: boolean; scores: readonly { label: string; score: number }[] }
type UnionResult = { __typename: 'Recording' | 'Analysis'; id: string } | { __typename: `${string}Problem`; code: string; message: string };
interface ApiProgress { status: AnalysisStatus; progress: number; problem: { code: string; message: string } | null }
interface ApiAnalysis {
  modelVersion: string; modelDigest: string; model: { id: string }; warnings: readonly { code: string; message: string }[];
  gate: { kind: string; speechSeconds: number; leftOutSeconds: number; reason: string };
  summary: ApiPrediction | null; embedding: { dimension: number } | null;
  speakers: readonly (Omit<ReportedSpeaker, 'summary'> & { id: string; summary: ApiPrediction | null })[];
  conversation: (Omit<ReportedConversation, 'turns' | 'speech' | 'overlaps'> & { turns: ApiTurns; speech: ApiTurns; overlaps: Pick<ApiTurns, 'startSeconds' | 'endSeconds'> }) | null;
  recording: { sha256: string; durationSeconds: number; quality: AudioQuality };
}
interface ApiTurns { startSeconds: readonly number[]; endSeconds: readonly number[]; speakers: readonly string[] }
interface ApiSegments { nodes: readonly { startSeconds: number; endSeconds: number; gate: string; speaker: { key: string } | null; prediction: ApiPrediction }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

export interface DemoOptions {
  readonly model: string | null;
  readonly raw: boolean;
  readonly speakers: 'none' | 'channels' | 'auto';
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

/** Sends one file through the public API as any client would, waits, and reads the result back. Throws ApiProblem. */
export async function analyzeOverApi(server: DemoServer, file: string, options: DemoOptions): Promise<AnalysisReport> {
  const { signal, onProgress } = options;
  const uploaded = (await upload(server, UPLOAD, {}, file, { signal, onSent: (fraction) => onProgress(fraction * UPLOAD_SHARE) })) as { result: UnionResult };
  const input = { recordingId: idOf(uploaded.result), model: options.model, raw: options.raw, speakers: options.speakers.toUpperCase() };
  const requested = (await query(server, ANALYZE, { input }, signal)) as { result: UnionResult };
  const id = idOf(requested.result);
  await finished(server, id, options);
  const { analysis } = (await query(server, RESULT, { id }, signal)) as { analysis: ApiAnalysis };
  return reportOf(file, analysis, await allSegments(server, id, signal));
}

async function finished(server: DemoServer, id: string, options: DemoOptions): Promise<void> {
  for (;;) {
    const { analysis } = (await query(server, PROGRESS, { id }, options.signal)) as { analysis: ApiProgress | null };
    if (analysis === null) throw new ApiProblem('NOT_FOUND', `The analysis ${id} is gone.`);
    if (analysis.status === 'SUCCEEDED') return;
    if (analysis.status === 'FAILED' || analysis.status === 'CANCELLED') throw new ApiProblem(analysis.problem?.code ?? 'ANALYSIS_CANCELLED', analysis.problem?.message ?? 'The analysis was cancelled.');
    options.onProgress(UPLOAD_SHARE + analysis.progress * (1 - UPLOAD_SHARE));
    await delay(POLL_MS, undefined, { signal: options.signal });
  }
}

async function allSegments(server: DemoServer, id: string, signal: AbortSignal): Promise<readonly ReportedSegment[]> {
  const segments: ReportedSegment[] = [];
  for (let after: string | null = null; ;) {
    const page = (await query(server, SEGMENTS, { id, after }, signal)) as { analysis: { segments: ApiSegments } };
    const { nodes, pageInfo } = page.analysis.segments;
    for (const node of nodes) segments.push(segmentOf(node));
    if (!pageInfo.hasNextPage) return segments;
    after = pageInfo.endCursor;
  }
}

function reportOf(file: string, analysis: ApiAnalysis, segments: readonly ReportedSegment[]): AnalysisReport {
  return {
    file,
    sha256: analysis.recording.sha256,
    durationSeconds: analysis.recording.durationSeconds,
    model: { id: analysis.model.id, version: analysis.modelVersion, digest: analysis.modelDigest },
    gate: { ...analysis.gate, kind: analysis.gate.kind.toLowerCase() },
    quality: analysis.recording.quality,
    warnings: analysis.warnings,
    summary: analysis.summary === null ? null : predictionOf(analysis.summary),
    speakers: analysis.speakers.map(({ id: _id, roleSource, ...speaker }) => ({ ...speaker, roleSource: roleSource?.toLowerCase().replaceAll('_', '-') ?? null, summary: speaker.summary === null ? null : predictionOf(speaker.summary) })),
    conversation: conversationOf(analysis),
    segments,
    embedding: analysis.embedding === null ? null : { dimension: analysis.embedding.dimension, kind: 'utterance' },
  };
}

/** From columns with the speakers' ids to the objects with their keys that the command prints. */
function conversationOf({ conversation, speakers }: ApiAnalysis): ReportedConversation | null {
  if (conversation === null) return null;
  const keyOf = new Map(speakers.map(({ id, key }) => [id, key]));
  const rows = (columns: Pick<ApiTurns, 'startSeconds' | 'endSeconds'>): { startSeconds: number; endSeconds: number }[] => columns.startSeconds.map((startSeconds, i) => ({ startSeconds, endSeconds: columns.endSeconds[i]! }));
  const spoken = (columns: ApiTurns): ReportedConversation['turns'] => rows(columns).map((row, i) => ({ ...row, speaker: keyOf.get(columns.speakers[i] ?? '') ?? '' }));
  return { ...conversation, turns: spoken(conversation.turns), speech: spoken(conversation.speech), overlaps: rows(conversation.overlaps) };
}

/** The API answers for a window that was not judged with a prediction without scores. */
function segmentOf(node: ApiSegments['nodes'][number]): ReportedSegment {
  const isJudged = node.prediction.scores.length > 0;
  const { label, confidence, calibrated, abstained, scores } = predictionOf(node.prediction);
  return { startSeconds: node.startSeconds, endSeconds: node.endSeconds, speaker: node.speaker?.key ?? null, label: isJudged ? label : null, confidence: isJudged ? confidence : null, calibrated, abstained, gate: node.gate.toLowerCase(), scores };
}

function predictionOf(prediction: ApiPrediction): ReportedPrediction {
  const { label, confidence, calibrated, abstained } = prediction;
  return { label, confidence, calibrated, abstained, scores: Object.fromEntries(prediction.scores.map((each) => [each.label, each.score])) };
}

function idOf(result: UnionResult): string {
  if ('code' in result) throw new ApiProblem(result.code, result.message);
  return result.id;
}
