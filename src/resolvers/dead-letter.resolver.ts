import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { DeadLetterView } from '../services/dead-letter.service.js';
import { DeadLetterConnection, DeadLetterType } from './dead-letter.type.js';
import { toConnection, type Connection } from './page.type.js';
import { pageRequest } from './page-request.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { DEAD_LETTER, DiscardDeadLetterResult, RetryDeadLetterResult } from './results.type.js';

@Resolver(() => DeadLetterType)
export class DeadLetterResolver {
  @Query(() => DeadLetterConnection, { description: 'Jobs of this workspace whose tries are used up, the newest first; for admins.' })
  async deadLetters(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
  ): Promise<Connection<DeadLetterView>> {
    return toConnection(await context.services.deadLetters.list(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after)));
  }

  @Mutation(() => RetryDeadLetterResult, { description: 'Puts the job in the queue once more, its tries anew. Its analysis is QUEUED again.' })
  retryDeadLetter(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the dead letter.' }) id: string): Promise<DeadLetterView | Problem> {
    return orProblem(DEAD_LETTER, () => context.services.deadLetters.retry(context.principal, id));
  }

  @Mutation(() => DiscardDeadLetterResult, { description: 'Takes a dead letter off the list; what it was about stays as it ended.' })
  discardDeadLetter(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the dead letter.' }) id: string): Promise<DeadLetterView | Problem> {
    return orProblem(DEAD_LETTER, () => context.services.deadLetters.discard(context.principal, id));
  }
}
