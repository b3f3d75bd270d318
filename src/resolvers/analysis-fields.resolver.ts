import { Arg, Ctx, FieldResolver, Float, ID, Int, Resolver, Root } from 'type-graphql';
import { UndertoneError } from '../domain/errors.js';
import type { AnalysisRecord, EmbeddingRecord, RecordingRecord, SegmentRecord } from '../domain/records.js';
import { SegmentFilterInput } from './analysis.input.js';
import { AnalysisExports } from './analysis-exports.type.js';
import { AnalysisType } from './analysis.type.js';
import { ConversationType } from './conversation.type.js';
import { conversationView, type ConversationRoot } from './conversation.view.js';
import { EmbeddingType } from './embedding.type.js';
import { ModelType } from './model.type.js';
import { modelOf } from './model.view.js';
import { toConnection, type Connection } from './page.type.js';
import { pageRequest, present } from './page-request.js';
import { EmotionSummary } from './prediction.type.js';
import type { Plain } from './plain.js';
import { emotionSummary } from './prediction.view.js';
import { problemOf } from './problem-of.js';
import { Problem } from './problem.type.js';
import { RecordingType } from './recording.type.js';
import type { RequestContext } from './request-context.js';
import { SegmentConnection } from './segment.type.js';
import { Speaker } from './speaker.type.js';
import { speakerView, type SpeakerRoot } from './speaker.view.js';
import { Timeline, timelineOf } from './timeline.type.js';

@Resolver(() => AnalysisType)
export class AnalysisFieldsResolver {
  @FieldResolver(() => RecordingType, { description: 'What was analysed.' })
  async recording(@Ctx() context: RequestContext, @Root() analysis: AnalysisRecord): Promise<RecordingRecord> {
    return found(await context.loaders.recordings.load(analysis.recordingId));
  }

  @FieldResolver(() => Problem, { nullable: true, description: 'Why it failed or was cancelled.' })
  problem(@Root() analysis: AnalysisRecord): Problem | null {
    return analysis.problem && problemOf(analysis.problem.code, analysis.problem.message);
  }

  @FieldResolver(() => ModelType, { description: 'The model. One that was removed since is shown as unloaded, with what the analysis knows of it.' })
  model(@Ctx() context: RequestContext, @Root() analysis: AnalysisRecord): Plain<ModelType> {
    return modelOf(context, { id: analysis.modelId, version: analysis.modelVersion, digest: analysis.modelDigest, labels: analysis.modelLabels });
  }

  @FieldResolver(() => EmotionSummary, { nullable: true, description: 'The verdict over everything that was judged; null while it runs and where nothing was judged.' })
  summary(@Root() analysis: AnalysisRecord): Plain<EmotionSummary> | null {
    return analysis.summary && emotionSummary(analysis.summary, analysis.modelLabels);
  }

  @FieldResolver(() => [Speaker], { description: 'The voices, where they were told apart.' })
  async speakers(@Ctx() context: RequestContext, @Root() analysis: AnalysisRecord): Promise<SpeakerRoot[]> {
    return (await context.loaders.speakers.load(analysis.id)).map((speaker) => speakerView(speaker, analysis.modelLabels));
  }

  @FieldResolver(() => ConversationType, { nullable: true, description: 'Who talks when, and how; null until the results are there and where speakers were not told apart (a warning says why).' })
  async conversation(@Ctx() context: RequestContext, @Root() analysis: AnalysisRecord): Promise<ConversationRoot | null> {
    const [conversation, speakers] = await Promise.all([context.loaders.conversations.load(analysis.id), context.loaders.speakers.load(analysis.id)]);
    return conversation && conversationView(conversation, speakers);
  }

  @FieldResolver(() => SegmentConnection, { description: 'Segments in the order of time.' })
  async segments(
    @Ctx() context: RequestContext,
    @Root() analysis: AnalysisRecord,
    @Arg('first', () => Int, { nullable: true, defaultValue: 100, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
    @Arg('filter', () => SegmentFilterInput, { nullable: true, description: 'Conditions.' }) filter: SegmentFilterInput | null,
  ): Promise<Connection<SegmentRecord>> {
    const { speaker: speakerId, ...rest } = present(filter);
    return toConnection(await context.services.analyses.segments(context.principal, analysis.id, pageRequest(context.settings.maxPageSize, first, 100, after), present({ ...rest, speakerId })));
  }

  @FieldResolver(() => Timeline, { description: 'Scores over time in bins, from the frame logits of the same run; empty columns until the first window is in.' })
  async timeline(
    @Ctx() context: RequestContext,
    @Root() analysis: AnalysisRecord,
    @Arg('binSeconds', () => Float, { nullable: true, defaultValue: 0.5, description: 'Seconds that one bin covers, from 0.02; at most 20,000 bins.' }) binSeconds: number | null,
    @Arg('from', () => Float, { nullable: true, description: 'Start in seconds; the start of the recording when absent.' }) fromSeconds: number | null,
    @Arg('to', () => Float, { nullable: true, description: 'End in seconds; the end of the recording when absent.' }) toSeconds: number | null,
    @Arg('speaker', () => ID, { nullable: true, description: 'Only where this speaker talks.' }) speakerId: string | null,
  ): Promise<Plain<Timeline>> {
    return timelineOf(await context.services.timelines.timeline(context.principal, analysis, { binSeconds: binSeconds ?? 0.5, fromSeconds: fromSeconds ?? null, toSeconds: toSeconds ?? null, speakerId: speakerId ?? null }));
  }

  @FieldResolver(() => EmbeddingType, { nullable: true, description: 'Embedding of the whole analysis; null until the results are there.' })
  embedding(@Ctx() context: RequestContext, @Root() analysis: AnalysisRecord): Promise<EmbeddingRecord | null> {
    return context.services.embeddings.forAnalysis(context.principal, analysis.id);
  }

  @FieldResolver(() => AnalysisExports, { description: 'Links to the result as JSON, CSV and SVG.' })
  exports(@Ctx() { signPath }: RequestContext, @Root() { id }: AnalysisRecord): Plain<AnalysisExports> {
    const path = `/analyses/${encodeURIComponent(id)}`;
    return { jsonUrl: signPath(`${path}.json`), csvUrl: signPath(`${path}.csv`), svgUrl: signPath(`${path}.svg`) };
  }
}

/** For a reference that must lead somewhere: only a deletion in mid-query makes it dangle. */
export function found<T>(object: T | null): T {
  if (object === null) throw new UndertoneError('NOT_FOUND', 'An object that this one refers to is gone: it was deleted meanwhile.');
  return object;
}
