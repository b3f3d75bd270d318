import { operation } from './operation.js';
import { ALERT } from './rule-documents.js';
import type {
  AnalysisDetail, AnalysisStatus, Capabilities, Model, PageInfo, Problem, RecordingDetail, RecordingRow, Segment, SimilarSegment, SpeakersMode, Timeline, Viewer,
} from './types.js';

const VERDICT = 'label confidence calibrated abstained predictionSet';
const SEGMENT = `id index startSeconds endSeconds gate gateReason text speaker { id key role } prediction { ${VERDICT} }`;
const SPEAKER = `id key role roleSource channel talkSeconds summary { ${VERDICT} }
  figures { talkShare overlapSeconds turnCount meanTurnSeconds longestTurnSeconds interruptionCount interruptedCount responseSeconds }
  roleHistory { id before after reason keyName changedAt }`;
const MODEL = `id name version labels license attribution precision isDefault calibrated state stateMessage provider providerFallback
  loadMs memoryBytes queueLength`;
const RECORDING_ROW = 'id fileName title createdAt durationSeconds latestAnalysis { id status summary { label confidence abstained } }';

export const SIGN_IN = operation<{ viewer: Viewer; capabilities: Capabilities }>(`query SignIn {
  viewer { keyId keyName role }
  capabilities { version maxUploadBytes audioFormats diarization }
}`);

export const RECORDINGS = operation<
  { recordings: { nodes: readonly RecordingRow[]; pageInfo: PageInfo; totalCount: number } },
  { first: number; after: string | undefined; search: string | undefined }
>(`query Recordings($first: Int!, $after: String, $search: String) {
  recordings(first: $first, after: $after, filter: { search: $search }, orderBy: { field: CREATED_AT, direction: DESC }) {
    nodes { ${RECORDING_ROW} }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}`);

export const RECORDING = operation<{ recording: RecordingDetail | null }, { id: string }>(`query Recording($id: ID!) {
  recording(id: $id) {
    id fileName title createdAt byteLength durationSeconds audioUrl
    quality {
      container codec bitrateBps originalSampleRateHz originalChannels effectiveBandwidthHz integratedLoudnessLufs peakDbfs
      clippingRatio dcOffset speechLevelDbfs snrDb silenceRatio speechSeconds dropoutCount
    }
    speechRegions { startSeconds endSeconds }
    waveform { bucketSeconds minimum maximum }
    latestAnalysis { id }
    analyses(first: 10) { nodes { id status createdAt raw speakersMode model { name } } }
  }
}`);

export const AUDIO_URL = operation<{ recording: { audioUrl: string } | null }, { id: string }>(
  'query AudioUrl($id: ID!) { recording(id: $id) { audioUrl } }',
);

export const ANALYSIS = operation<{ analysis: AnalysisDetail | null }, { id: string }>(`query Analysis($id: ID!) {
  analysis(id: $id) {
    id status progress raw problem { code message } modelVersion
    model { id name labels }
    summary { ${VERDICT} scores { label score } }
    warnings { code message }
    gate { kind speechSeconds leftOutSeconds leftOut { kind seconds } reason }
    speakers { ${SPEAKER} }
    conversation {
      speech { startSeconds endSeconds speakers } turns { startSeconds endSeconds speakers } overlaps { startSeconds endSeconds }
      speechSeconds overlapSeconds silenceSeconds silenceRatio longestSilenceSeconds speakerChangeCount interruptionCount
    }
    alerts { ${ALERT} }
  }
}`);

export const SEGMENTS = operation<
  { analysis: { segments: { nodes: readonly Segment[]; pageInfo: PageInfo; totalCount: number } } | null },
  { id: string; first: number; after: string | undefined }
>(`query Segments($id: ID!, $first: Int!, $after: String) {
  analysis(id: $id) {
    segments(first: $first, after: $after) { nodes { ${SEGMENT} agreement reviews { id status label isHidden } } pageInfo { hasNextPage endCursor } totalCount }
  }
}`);

export const TIMELINE = operation<{ analysis: { timeline: Timeline } | null }, { id: string; binSeconds: number; speaker: string | undefined }>(`query Timeline($id: ID!, $binSeconds: Float!, $speaker: ID) {
  analysis(id: $id) { timeline(binSeconds: $binSeconds, speaker: $speaker) { binSeconds labels startSeconds series { label values } } }
}`);

export const SIMILAR = operation<{ similarSegments: readonly SimilarSegment[] }, { segmentId: string; first: number }>(`query Similar($segmentId: ID!, $first: Int!) {
  similarSegments(to: { segmentId: $segmentId }, first: $first) {
    similarity
    segment { ${SEGMENT} }
    recording { id fileName title audioUrl }
  }
}`);

export const MODELS = operation<{ models: readonly Model[] }>(`query Models { models { ${MODEL} } }`);

export const UPLOAD = operation<
  { uploadRecording: { __typename: string; duplicate?: boolean; id?: string; latestAnalysis?: { id: string; status: AnalysisStatus } | null } & Partial<Problem> },
  { file: null }
>(`mutation Upload($file: Upload!) {
  uploadRecording(file: $file) {
    __typename
    ... on Recording { id duplicate latestAnalysis { id status } }
    ... on Problem { code message }
  }
}`);

export const ANALYZE = operation<
  { analyzeRecording: { __typename: string; id?: string } & Partial<Problem> },
  { input: { recordingId: string; model: string | undefined; raw: boolean; speakers: SpeakersMode; idempotencyKey: string } }
>(`mutation Analyze($input: AnalyzeRecordingInput!) {
  analyzeRecording(input: $input) {
    __typename
    ... on Analysis { id }
    ... on Problem { code message }
    ... on OverloadedProblem { retryAfterMs }
  }
}`);

export const CANCEL = operation<{ cancelAnalysis: { __typename: string } & Partial<Problem> }, { id: string }>(`mutation Cancel($id: ID!) {
  cancelAnalysis(id: $id) { __typename ... on Problem { code message } }
}`);

export const LOAD_MODEL = operation<{ loadModel: { __typename: string } & Partial<Problem> }, { id: string }>(`mutation LoadModel($id: ID!) {
  loadModel(id: $id) { __typename ... on Problem { code message } }
}`);

export const UNLOAD_MODEL = operation<{ unloadModel: { __typename: string } & Partial<Problem> }, { id: string }>(`mutation UnloadModel($id: ID!) {
  unloadModel(id: $id) { __typename ... on Problem { code message } }
}`);

export const PROGRESS = operation<{ analysis: { status: AnalysisStatus; progress: number } | null }, { id: string }>(
  'query Progress($id: ID!) { analysis(id: $id) { status progress } }',
);

export const PROGRESS_EVENTS = operation<{ analysisProgress: { status: AnalysisStatus; progress: number } }, { id: string }>(
  'subscription ProgressEvents($id: ID!) { analysisProgress(id: $id) { status progress } }',
);

export const MODEL_EVENTS = operation<{ modelStateChanged: Model }>(`subscription ModelEvents { modelStateChanged { ${MODEL} } }`);

export const SET_SPEAKER_ROLE = operation<{ setSpeakerRole: { __typename: string } & Partial<Problem> }, { speakerId: string; role: string | null; reason: string }>(`mutation SetSpeakerRole($speakerId: ID!, $role: String, $reason: String!) {
  setSpeakerRole(speakerId: $speakerId, role: $role, reason: $reason) { __typename ... on Speaker { id } ... on Problem { code message } }
}`);
