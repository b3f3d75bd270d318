import { Arg, Ctx, Float, ID, Mutation, Query, Resolver } from 'type-graphql';
import type { AnalysisRecord } from '../domain/records.js';
import type { ComparisonService } from '../services/service-contracts.js';
import { AnalysisComparison } from './comparison.type.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { ANALYZE_RECORDING, AnalyzeRecordingResult } from './results.type.js';

@Resolver()
export class ComparisonResolver {
  @Query(() => AnalysisComparison, { description: 'Two finished analyses of one recording, by other models or options, side by side.' })
  compareAnalyses(
    @Ctx() context: RequestContext,
    @Arg('a', () => ID, { description: 'Id of the first analysis.' }) a: string,
    @Arg('b', () => ID, { description: 'Id of the second analysis.' }) b: string,
    @Arg('binSeconds', () => Float, { nullable: true, defaultValue: 0.5, description: 'Seconds that one bin covers; from 0.02.' }) binSeconds: number | null,
  ): ReturnType<ComparisonService['compare']> {
    return context.services.comparisons.compare(context.principal, a, b, binSeconds ?? 0.5);
  }

  @Mutation(() => AnalyzeRecordingResult, { description: 'Analyses the recording of an earlier analysis again with another model and the same options. The earlier one stays as it is; see `compareAnalyses`.' })
  reanalyze(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the earlier analysis.' }) id: string,
    @Arg('model', () => String, { description: 'Id of the model to use now.' }) model: string,
  ): Promise<AnalysisRecord | Problem> {
    return orProblem(ANALYZE_RECORDING, () => context.services.comparisons.reanalyze(context.principal, id, model));
  }
}
