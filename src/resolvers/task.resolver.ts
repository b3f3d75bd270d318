import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { TaskRunRecord } from '../domain/scheduled-task.js';
import type { TaskStatus } from '../services/task.service.js';
import type { Plain } from './plain.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { RUN_TASK, RunTaskResult } from './retention-results.type.js';
import { ScheduledTaskType, TaskFigure, TaskRunType } from './task.type.js';

@Resolver(() => ScheduledTaskType)
export class TaskResolver {
  @Query(() => [ScheduledTaskType], { description: 'What is done on a schedule, with its newest run on any node; for admins.' })
  scheduledTasks(@Ctx() context: RequestContext): Promise<readonly TaskStatus[]> {
    return context.services.tasks.list(context.principal);
  }

  @Mutation(() => RunTaskResult, { description: 'Runs a task now on this node and waits for it. Refused with a ConflictProblem while it runs on another, or where it has no dry run.' })
  runTask(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Name of the task.' }) id: string,
    @Arg('dryRun', () => Boolean, { nullable: true, defaultValue: false, description: 'True: only say what would be done.' }) dryRun: boolean | null,
  ): Promise<TaskStatus | Problem> {
    return orProblem(RUN_TASK, () => context.services.tasks.run(context.principal, id, dryRun ?? false));
  }
}

@Resolver(() => TaskRunType)
export class TaskRunResolver {
  @FieldResolver(() => [TaskFigure], { description: 'What it said that it did; empty while it runs, and where there was nothing to do.' })
  figures(@Root() run: TaskRunRecord): readonly Plain<TaskFigure>[] {
    return Object.entries(run.figures ?? {}).map(([name, value]) => ({ name, value }));
  }
}
