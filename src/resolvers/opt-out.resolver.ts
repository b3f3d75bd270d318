import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import type { OptOutRecord } from '../domain/opt-out.js';
import { connectionType, toConnection, type Connection } from './page.type.js';
import { pageRequest } from './page-request.js';
import { orProblem } from './problem-of.js';
import { BadInputProblem, ForbiddenProblem, NotFoundProblem, type Problem, type ProblemClass } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { resultOf } from './results.type.js';
import { DateTime } from './scalars.js';

@ObjectType('OptOut', { simpleResolvers: true, description: 'A subject whose voice is not judged. It says nothing about whom.' })
export class OptOutType {
  @Field(() => ID, { description: 'Opaque id (`opt_…`).' })
  id!: string;
  @Field(() => String, { description: 'Keyed hash of the external id: the same subject again gives the same one.' })
  subjectHash!: string;
  @Field(() => String, { description: 'Why.' })
  reason!: string;
  @Field(() => String, { description: 'Id of the key that wrote it down.' })
  createdBy!: string;
  @Field(() => DateTime, { description: 'Since when.' })
  createdAt!: Date;
}

const OPT_OUT: readonly ProblemClass[] = [BadInputProblem, ForbiddenProblem];
const WITHDRAW: readonly ProblemClass[] = [BadInputProblem, NotFoundProblem, ForbiddenProblem];
const OptOutConnection = connectionType('OptOut', 'opt-outs', () => OptOutType);
const OptOutSubjectResult = resultOf('OptOutSubjectResult', 'The entry, or why there is none.', OptOutType, OPT_OUT);
const WithdrawOptOutResult = resultOf('WithdrawOptOutResult', 'The entry that is gone, or why it is still there.', OptOutType, WITHDRAW);

@Resolver(() => OptOutType)
export class OptOutResolver {
  @Query(() => OptOutConnection, { description: 'Subjects that have opted out, newest first; for admins.' })
  async optOuts(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
  ): Promise<Connection<OptOutRecord>> {
    return toConnection(await context.services.optOuts.list(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after)));
  }

  @Mutation(() => OptOutSubjectResult, { description: 'From now on no recording of this subject is analysed. What was judged before stays until it is erased (`eraseSubject`).' })
  optOutSubject(
    @Ctx() context: RequestContext,
    @Arg('externalId', () => String, { description: 'Your own id of the subject, as given at upload; stored as a keyed hash alone.' }) externalId: string,
    @Arg('reason', () => String, { description: 'Why, for the audit log; 3 to 1,000 characters.' }) reason: string,
  ): Promise<OptOutRecord | Problem> {
    return orProblem(OPT_OUT, () => context.services.optOuts.optOut(context.principal, { externalId, reason }));
  }

  @Mutation(() => WithdrawOptOutResult, { description: 'Takes a subject off the list: it has agreed again.' })
  withdrawOptOut(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the entry.' }) id: string,
    @Arg('reason', () => String, { description: 'Why, for the audit log; 3 to 1,000 characters.' }) reason: string,
  ): Promise<OptOutRecord | Problem> {
    return orProblem(WITHDRAW, () => context.services.optOuts.withdraw(context.principal, id, reason));
  }
}
