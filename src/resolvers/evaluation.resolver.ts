import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { itemsCsv } from '../domain/evaluation-csv.js';
import { evaluationHtml } from '../domain/evaluation-html.js';
import type { EvaluationRunRecord, EvaluationSetRecord } from '../domain/evaluation-records.js';
import { EvaluationMistake, EvaluationReportType } from './evaluation-report.type.js';
import {
  CreateEvaluationSetInput, EvaluationComparison, EvaluationRunConnection, EvaluationRunType, EvaluationSetType, LabelMapping, RunEvaluationInput, type DeletedEvaluationSet,
} from './evaluation.type.js';
import { reportView } from './evaluation.view.js';
import { pageRequest } from './page-request.js';
import { toConnection, type Connection } from './page.type.js';
import type { Plain } from './plain.js';
import { orProblem, problemOf } from './problem-of.js';
import { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import {
  AcceptEvaluationRunResult, CancelEvaluationRunResult, CHANGE_EVALUATION_RUN, CHANGE_EVALUATION_SET, CREATE_EVALUATION_SET, CreateEvaluationSetResult, DeleteEvaluationSetResult, RUN_EVALUATION, RunEvaluationResult, ScheduleEvaluationSetResult,
} from './results.type.js';

@Resolver(() => EvaluationSetType)
export class EvaluationResolver {
  @Query(() => [EvaluationSetType], { description: 'The evaluation sets of this workspace, the newest first.' })
  evaluationSets(@Ctx() context: RequestContext): Promise<readonly EvaluationSetRecord[]> {
    return context.services.evaluations.sets(context.principal);
  }

  @Query(() => EvaluationRunType, { nullable: true, description: 'A run, or null.' })
  evaluationRun(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the run.' }) id: string): Promise<EvaluationRunRecord | null> {
    return context.services.evaluations.findRun(context.principal, id);
  }

  @Query(() => EvaluationRunConnection, { description: 'Runs, the newest first.' })
  async evaluationRuns(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
    @Arg('setId', () => ID, { nullable: true, description: 'Only of this set.' }) setId: string | null,
  ): Promise<Connection<EvaluationRunRecord>> {
    return toConnection(await context.services.evaluations.listRuns(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after), setId ?? null));
  }

  @Query(() => EvaluationComparison, { description: 'Two runs of one set, item by item: two models, or two versions of one.' })
  async compareEvaluationRuns(@Ctx() context: RequestContext, @Arg('a', () => ID, { description: 'The first run.' }) a: string, @Arg('b', () => ID, { description: 'The second run.' }) b: string): Promise<Plain<EvaluationComparison>> {
    const { result, ...runs } = await context.services.evaluations.compareRuns(context.principal, a, b);
    return { ...runs, ...result };
  }

  @Mutation(() => CreateEvaluationSetResult, { description: 'Makes an evaluation set of recordings that are here. The same content under the same name is the same set.' })
  createEvaluationSet(@Ctx() context: RequestContext, @Arg('input', () => CreateEvaluationSetInput, { description: 'The set.' }) input: CreateEvaluationSetInput): Promise<EvaluationSetRecord | Problem> {
    return orProblem(CREATE_EVALUATION_SET, () => context.services.evaluations.createSet(context.principal, input as Parameters<typeof context.services.evaluations.createSet>[1]));
  }

  @Mutation(() => DeleteEvaluationSetResult, { description: 'Deletes a set and its runs; its recordings stay.' })
  deleteEvaluationSet(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the set.' }) id: string): Promise<Plain<DeletedEvaluationSet> | Problem> {
    return orProblem(CHANGE_EVALUATION_SET, () => context.services.evaluations.deleteSet(context.principal, id));
  }

  @Mutation(() => ScheduleEvaluationSetResult, { description: 'Whether a set runs every night.' })
  scheduleEvaluationSet(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the set.' }) id: string, @Arg('scheduled', () => Boolean, { description: 'Every night, or not.' }) scheduled: boolean): Promise<EvaluationSetRecord | Problem> {
    return orProblem(CHANGE_EVALUATION_SET, () => context.services.evaluations.scheduleSet(context.principal, id, scheduled));
  }

  @Mutation(() => RunEvaluationResult, { description: 'Measures a model on a set, as a durable job.' })
  runEvaluation(@Ctx() context: RequestContext, @Arg('input', () => RunEvaluationInput, { description: 'What to measure.' }) input: RunEvaluationInput): Promise<EvaluationRunRecord | Problem> {
    return orProblem(RUN_EVALUATION, () => context.services.evaluations.run(context.principal, input));
  }

  @Mutation(() => CancelEvaluationRunResult, { description: 'Stops a run that has not ended.' })
  cancelEvaluationRun(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the run.' }) id: string): Promise<EvaluationRunRecord | Problem> {
    return orProblem(CHANGE_EVALUATION_RUN, () => context.services.evaluations.cancelRun(context.principal, id));
  }

  @Mutation(() => AcceptEvaluationRunResult, { description: 'Later runs of the set and model are held against this one: an alarm tells when UA falls under its interval.' })
  acceptEvaluationRun(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the run.' }) id: string): Promise<EvaluationRunRecord | Problem> {
    return orProblem(CHANGE_EVALUATION_RUN, () => context.services.evaluations.acceptRun(context.principal, id));
  }

  @FieldResolver(() => [LabelMapping], { description: 'What its labels are called by the model.' })
  labelMapping(@Root() set: EvaluationSetRecord): readonly Plain<LabelMapping>[] {
    return Object.entries(set.labelMapping).map(([from, to]) => ({ from, to }));
  }
}

@Resolver(() => EvaluationRunType)
export class EvaluationRunResolver {
  @FieldResolver(() => EvaluationSetType, { nullable: true, description: 'The set; null when it was deleted meanwhile.' })
  async set(@Root() run: EvaluationRunRecord, @Ctx() context: RequestContext): Promise<EvaluationSetRecord | null> {
    return context.loaders.evaluationSets.load(run.setId);
  }

  @FieldResolver(() => Problem, { nullable: true, description: 'Why it failed.' })
  problem(@Root() { problem }: EvaluationRunRecord): Problem | null {
    return problem === null ? null : problemOf(problem.code, problem.message);
  }

  @FieldResolver(() => EvaluationReportType, { nullable: true, description: 'The figures; null until it has succeeded, and in lists of runs.' })
  report(@Root() { report }: EvaluationRunRecord): Plain<EvaluationReportType> | null {
    return report === null ? null : reportView(report);
  }

  @FieldResolver(() => String, { nullable: true, description: 'The report as one HTML page that needs no other file; links to recordings end soon. Null until it has succeeded, and in lists of runs.' })
  html(@Root() { report }: EvaluationRunRecord, @Ctx() context: RequestContext): string | null {
    return report === null ? null : evaluationHtml(report, (recordingId) => context.signPath(`/recordings/${encodeURIComponent(recordingId)}/audio`));
  }

  @FieldResolver(() => String, { nullable: true, description: 'The whole report as JSON text, as `undertone eval --json` prints it. Null until it has succeeded, and in lists of runs.' })
  json(@Root() { report }: EvaluationRunRecord): string | null {
    return report === null ? null : JSON.stringify(report);
  }

  @FieldResolver(() => String, { description: 'What has been answered so far as CSV text, one line an item.' })
  async csv(@Root() run: EvaluationRunRecord, @Ctx() context: RequestContext): Promise<string> {
    return itemsCsv(run.modelLabels, await context.services.evaluations.results(context.principal, run.id));
  }
}

@Resolver(() => EvaluationMistake)
export class EvaluationMistakeResolver {
  @FieldResolver(() => String, { description: 'A path of this server to listen by, which needs no header and ends soon.' })
  audioUrl(@Root() { recordingId }: EvaluationMistake, @Ctx() context: RequestContext): string {
    return context.signPath(`/recordings/${encodeURIComponent(recordingId)}/audio`);
  }
}
