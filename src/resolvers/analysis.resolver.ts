import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { AnalysisRecord } from '../domain/records.js';
import { AnalysisFilterInput, AnalyzeInput, AnalyzeRecordingInput } from './analysis.input.js';
import { AnalysisConnection, AnalysisProgress, AnalysisType } from './analysis.type.js';
import { leavable } from './leavable.js';
import { toConnection, type Connection } from './page.type.js';
import { pageRequest, present } from './page-request.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { ANALYZE, ANALYZE_RECORDING, AnalyzeRecordingResult, AnalyzeResult, CANCEL_ANALYSIS, CancelAnalysisResult } from './results.type.js';
import { Upload, type IncomingFile } from './scalars.js';
import { analyzeFile } from './upload-file.js';

@Resolver(() => AnalysisProgress)
export class AnalysisResolver {
  @Query(() => AnalysisType, { nullable: true, description: 'One analysis, or null when there is none that you may see.' })
  analysis(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the analysis.' }) id: string): Promise<AnalysisRecord | null> {
    return context.loaders.analyses.load(id);
  }

  @Query(() => AnalysisConnection, { description: 'Analyses, newest first.' })
  async analyses(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
    @Arg('filter', () => AnalysisFilterInput, { nullable: true, description: 'Conditions.' }) filter: AnalysisFilterInput | null,
  ): Promise<Connection<AnalysisRecord>> {
    const { model: modelId, ...rest } = present(filter);
    return toConnection(await context.services.analyses.list(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after), present({ ...rest, modelId })));
  }

  @Mutation(() => AnalyzeRecordingResult, { description: 'Puts an analysis of a recording in the queue and returns at once. Follow it with `analysisProgress`.' })
  analyzeRecording(
    @Ctx() context: RequestContext,
    @Arg('input', () => AnalyzeRecordingInput, { description: 'Which recording, and how.' }) { recordingId, ...options }: AnalyzeRecordingInput,
  ): Promise<AnalysisRecord | Problem> {
    return orProblem(ANALYZE_RECORDING, () => context.services.analyses.request(context.principal, recordingId, { ...options, priority: 'bulk' }));
  }

  @Mutation(() => AnalyzeResult, { description: 'Upload, analyse and wait, for short clips. An analysis that takes too long goes on after ANALYSIS_WAIT_TIMEOUT.' })
  analyze(
    @Ctx() context: RequestContext,
    @Arg('file', () => Upload, { validate: false, description: 'The file.' }) file: IncomingFile,
    @Arg('input', () => AnalyzeInput, { nullable: true, description: 'What is known about it, and how to analyse it.' }) input: AnalyzeInput | null,
  ): Promise<AnalysisRecord | Problem> {
    return orProblem(ANALYZE, () => analyzeFile(context, ANALYZE, file, input ?? {}));
  }

  @Mutation(() => CancelAnalysisResult, { description: 'Stops an analysis that has not ended.' })
  cancelAnalysis(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the analysis.' }) id: string): Promise<AnalysisRecord | Problem> {
    return orProblem(CANCEL_ANALYSIS, () => context.services.analyses.cancel(context.principal, id));
  }

  @Subscription(() => AnalysisProgress, {
    description: 'Progress of one analysis: its present state at once, then every step, then the end.',
    subscribe: ({ args, context }: { args: { id: string }; context: RequestContext }) => leavable(context, (signal) => context.services.analyses.progress(context.principal, args.id, signal)),
  })
  analysisProgress(@Root() event: AnalysisProgress, @Arg('id', () => ID, { description: 'Id of the analysis.' }) _id: string): AnalysisProgress {
    return event;
  }

  @FieldResolver(() => AnalysisType, { name: 'analysis', nullable: true, description: 'The analysis as it is now.' })
  analysisNow(@Ctx() context: RequestContext, @Root() event: AnalysisProgress): Promise<AnalysisRecord | null> {
    return context.loaders.analyses.load(event.analysisId);
  }
}
