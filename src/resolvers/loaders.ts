import DataLoader from 'dataloader';
import type { EvaluationSetRecord } from '../domain/evaluation-records.js';
import type { Conversation } from '../domain/conversation.js';
import type { AnalysisRecord, EmbeddingRecord, RecordingRecord, RoleChangeRecord, SegmentRecord, SpeakerRecord } from '../domain/records.js';
import type { AlertRecord, RuleRecord } from '../domain/rule-records.js';
import type { Principal } from '../domain/principal.js';
import type { ReviewItemView } from '../services/review-contracts.js';
import type { Services } from '../services/service-contracts.js';

/** One batch a tick for each kind of object: a page of 50 costs one query a field, not 50. */
export interface Loaders {
  readonly recordings: DataLoader<string, RecordingRecord | null>;
  readonly analyses: DataLoader<string, AnalysisRecord | null>;
  /** By recording id. */
  readonly latestAnalyses: DataLoader<string, AnalysisRecord | null>;
  /** By segment id. */
  readonly segmentEmbeddings: DataLoader<string, EmbeddingRecord | null>;
  /** By analysis id. */
  readonly speakers: DataLoader<string, readonly SpeakerRecord[]>;
  readonly segments: DataLoader<string, SegmentRecord | null>;
  readonly evaluationSets: DataLoader<string, EvaluationSetRecord | null>;
  readonly rules: DataLoader<string, RuleRecord | null>;
  /** By rule id. */
  readonly ruleFirings: DataLoader<string, number>;
  /** By analysis id. */
  readonly alerts: DataLoader<string, readonly AlertRecord[]>;
  /** By analysis id. */
  readonly reviews: DataLoader<string, readonly ReviewItemView[]>;
  /** By analysis id; null where speakers were not told apart. */
  readonly conversations: DataLoader<string, Conversation | null>;
  /** By speaker id. */
  readonly roleChanges: DataLoader<string, readonly RoleChangeRecord[]>;
}

export function createLoaders(services: Services, principal: Principal): Loaders {
  return {
    recordings: byKey((ids) => services.recordings.findMany(principal, ids), (recording) => recording.id),
    analyses: byKey((ids) => services.analyses.findMany(principal, ids), (analysis) => analysis.id),
    latestAnalyses: byKey((ids) => services.analyses.latestForRecordings(principal, ids), (analysis) => analysis.recordingId),
    segmentEmbeddings: byKey((ids) => services.embeddings.forSegments(principal, ids), (embedding) => embedding.segmentId ?? ''),
    segments: byKey((ids) => services.analyses.findSegments(principal, ids), (segment) => segment.id),
    evaluationSets: byKey((ids) => services.evaluations.findSets(principal, ids), (set) => set.id),
    speakers: new DataLoader(async (ids) => {
      const speakers = await services.analyses.speakers(principal, ids);
      return ids.map((id) => speakers.filter((speaker) => speaker.analysisId === id));
    }),
    rules: byKey(() => services.rules.list(principal), (rule) => rule.id),
    ruleFirings: new DataLoader(async (ids) => {
      const counts = await services.rules.alertCounts(principal, ids);
      return ids.map((id) => counts.get(id) ?? 0);
    }),
    alerts: new DataLoader(async (ids) => {
      const alerts = await services.alerts.forAnalyses(principal, ids);
      return ids.map((id) => alerts.filter((alert) => alert.analysisId === id));
    }),
    reviews: new DataLoader(async (ids) => {
      const reviews = await services.reviews.forAnalyses(principal, ids);
      return ids.map((id) => reviews.filter((review) => review.analysisId === id));
    }),
    conversations: new DataLoader(async (ids) => {
      const found = await services.speakers.conversations(principal, ids);
      return ids.map((id) => found.find(({ analysisId }) => analysisId === id)?.conversation ?? null);
    }),
    roleChanges: new DataLoader(async (ids) => {
      const changes = await services.speakers.roleChanges(principal, ids);
      return ids.map((id) => changes.filter(({ speakerId }) => speakerId === id));
    }),
  };
}

/** Services answer in any order and leave out what the caller may not see; a loader must answer in the order asked, with null there. */
function byKey<T>(load: (ids: readonly string[]) => Promise<readonly T[]>, keyOf: (item: T) => string): DataLoader<string, T | null> {
  return new DataLoader(async (ids) => {
    const byId = new Map((await load(ids)).map((item) => [keyOf(item), item]));
    return ids.map((id) => byId.get(id) ?? null);
  });
}
