import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { RetentionPolicyRecord } from '../domain/retention.js';
import type { RetentionReport } from '../services/retention-report.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { DELETE_POLICY, DeleteRetentionPolicyResult, RUN_RETENTION, RunRetentionResult, SET_POLICY, SetRetentionPolicyResult } from './retention-results.type.js';
import { RetentionPolicyInputType, RetentionPolicyType, RetentionReportType } from './retention.type.js';

@Resolver(() => RetentionPolicyType)
export class RetentionResolver {
  @Query(() => [RetentionPolicyType], { description: 'The policies of this workspace. Without any, everything is kept.' })
  retentionPolicies(@Ctx() context: RequestContext): Promise<readonly RetentionPolicyRecord[]> {
    return context.services.retention.policies(context.principal);
  }

  @Query(() => RetentionReportType, { description: 'What the next run would do. Changes nothing.' })
  retentionPreview(
    @Ctx() context: RequestContext,
    @Arg('whenShort', () => Boolean, { nullable: true, defaultValue: false, description: 'True: what would go at most while the disk is nearly full.' }) isShort: boolean | null,
  ): Promise<RetentionReport> {
    return context.services.retention.preview(context.principal, isShort ?? false);
  }

  @Mutation(() => SetRetentionPolicyResult, { description: 'Makes or changes a policy. One that deletes is first answered with what it would do and a confirmation to repeat it with.' })
  setRetentionPolicy(@Ctx() context: RequestContext, @Arg('input', () => RetentionPolicyInputType, { description: 'The policy.' }) input: RetentionPolicyInputType): Promise<object> {
    return orProblem(SET_POLICY, () => context.services.retention.setPolicy(context.principal, input));
  }

  @Mutation(() => DeleteRetentionPolicyResult, { description: 'Ends a policy: what it would have deleted is kept.' })
  deleteRetentionPolicy(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the policy.' }) id: string): Promise<{ id: string } | Problem> {
    return orProblem(DELETE_POLICY, () => context.services.retention.deletePolicy(context.principal, id));
  }

  @Mutation(() => RunRetentionResult, { description: 'Says what is due, or with `dryRun: false` archives and deletes it, for a minute at most; the schedule goes on with the rest.' })
  runRetention(
    @Ctx() context: RequestContext,
    @Arg('dryRun', () => Boolean, { nullable: true, defaultValue: true, description: 'True: only say what would be done.' }) dryRun: boolean | null,
    @Arg('timeoutSeconds', () => Int, { nullable: true, description: 'How long it may take, 1 to 600; 60 when absent.' }) timeoutSeconds: number | null,
  ): Promise<RetentionReport | Problem> {
    return orProblem(RUN_RETENTION, () => context.services.retention.run(context.principal, { isDryRun: dryRun ?? true, timeoutMs: Math.min(600, Math.max(1, timeoutSeconds ?? 60)) * 1000 }));
  }
}
