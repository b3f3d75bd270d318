import type { Comparison, EvaluationSet, Measured, RunDetail, RunRow } from './evaluation-types.js';
import { operation } from './operation.js';
import type { AnalysisStatus, PageInfo, Problem } from './types.js';

const FIGURE = '{ value interval { low high } }';
const RUN_ROW = `id modelId modelVersion status progress split raw createdAt acceptedAt setId set { id name }
  alarm { unweightedAccuracy acceptedUnweightedAccuracy acceptedLow }`;
const SLICED = `weightedAccuracy ${FIGURE} unweightedAccuracy ${FIGURE} macroF1 ${FIGURE} expectedCalibrationError ${FIGURE}`;
const DIFFERENCE = '{ a b difference interval { low high } }';
const PROBLEM = '... on Problem { code message }';

type Answer = { __typename: string; id?: string } & Partial<Problem>;

export const EVALUATION_SETS = operation<{ evaluationSets: readonly EvaluationSet[] }>(`query EvaluationSets {
  evaluationSets { id name version itemCount isScheduled warnings createdAt labelMapping { from to } }
}`);

export const EVALUATION_RUNS = operation<
  { evaluationRuns: { nodes: readonly RunRow[]; pageInfo: PageInfo; totalCount: number } }, { first: number; after: string | undefined; setId: string | undefined }
>(`query EvaluationRuns($first: Int!, $after: String, $setId: ID) {
  evaluationRuns(first: $first, after: $after, setId: $setId) { nodes { ${RUN_ROW} } pageInfo { hasNextPage endCursor } totalCount }
}`);

export const RUN_FIGURES = operation<
  { evaluationRun: { report: { overall: { unweightedAccuracy: Measured; weightedAccuracy: Measured; macroF1: Measured } } | null } | null }, { id: string }
>(`query RunFigures($id: ID!) {
  evaluationRun(id: $id) { report { overall { unweightedAccuracy ${FIGURE} weightedAccuracy ${FIGURE} macroF1 ${FIGURE} } } }
}`);

export const EVALUATION_RUN = operation<{ evaluationRun: RunDetail | null }, { id: string }>(`query EvaluationRun($id: ID!) {
  evaluationRun(id: $id) {
    ${RUN_ROW}
    problem { code message }
    report {
      labels calibrationVersions warnings
      unknownLabels { label count suggestion } failed { recordingId code message }
      overall {
        itemCount speakerCount notJudgedCount abstainedCount setCoverage meanSetSize confusion
        ${SLICED} weightedF1 ${FIGURE} brier ${FIGURE} negativeLogLikelihood ${FIGURE}
        perClass { label support precision ${FIGURE} recall ${FIGURE} f1 ${FIGURE} }
        reliability { lower upper count meanConfidence accuracy interval { low high } }
        coverage { coverage accuracy interval { low high } }
      }
      slices { dimension value isSmall itemCount speakerCount ${SLICED} }
      softLabels { itemCount crossEntropy ${FIGURE} jensenShannon ${FIGURE} brier ${FIGURE} voteShare ${FIGURE} listenerAgreement ${FIGURE} }
      mostConfidentMistakes { recordingId truth answered confidence audioUrl }
    }
  }
}`);

export const RUN_PROGRESS = operation<{ evaluationRun: { status: AnalysisStatus; progress: number } | null }, { id: string }>(
  'query RunProgress($id: ID!) { evaluationRun(id: $id) { status progress } }',
);

export const RUN_FILES = operation<{ evaluationRun: { html: string | null; json: string | null; csv: string } | null }, { id: string }>(
  'query RunFiles($id: ID!) { evaluationRun(id: $id) { html json csv } }',
);

export const COMPARE_RUNS = operation<{ compareEvaluationRuns: Comparison }, { a: string; b: string }>(`query CompareRuns($a: ID!, $b: ID!) {
  compareEvaluationRuns(a: $a, b: $b) {
    itemCount bothRight onlyARight onlyBRight bothWrong pValue weightedAccuracy ${DIFFERENCE} unweightedAccuracy ${DIFFERENCE} macroF1 ${DIFFERENCE}
  }
}`);

export const CREATE_SET = operation<{ createEvaluationSet: Answer & { warnings?: readonly string[] } }, { input: { name: string; csv: string } }>(`mutation CreateSet($input: CreateEvaluationSetInput!) {
  createEvaluationSet(input: $input) { __typename ... on EvaluationSet { id warnings } ${PROBLEM} }
}`);

export const SCHEDULE_SET = operation<{ scheduleEvaluationSet: Answer }, { id: string; scheduled: boolean }>(`mutation ScheduleSet($id: ID!, $scheduled: Boolean!) {
  scheduleEvaluationSet(id: $id, scheduled: $scheduled) { __typename ... on EvaluationSet { id } ${PROBLEM} }
}`);

export const RUN_EVALUATION = operation<{ runEvaluation: Answer }, { input: { setId: string; model?: string; raw: boolean } }>(`mutation RunEvaluation($input: RunEvaluationInput!) {
  runEvaluation(input: $input) { __typename ... on EvaluationRun { id } ${PROBLEM} }
}`);

export const CANCEL_RUN = operation<{ cancelEvaluationRun: Answer }, { id: string }>(`mutation CancelRun($id: ID!) {
  cancelEvaluationRun(id: $id) { __typename ... on EvaluationRun { id } ${PROBLEM} }
}`);

export const ACCEPT_RUN = operation<{ acceptEvaluationRun: Answer }, { id: string }>(`mutation AcceptRun($id: ID!) {
  acceptEvaluationRun(id: $id) { __typename ... on EvaluationRun { id } ${PROBLEM} }
}`);
