import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { LegalHoldRecord, TombstoneRecord } from '../domain/archive.js';
import { Erasure, ErasureConnection, LegalHoldConnection, LegalHoldInputType, LegalHoldType } from './archive.type.js';
import { toConnection, type Connection } from './page.type.js';
import { pageRequest } from './page-request.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { ERASE_SUBJECT, EraseSubjectResult, PLACE_HOLD, PlaceLegalHoldResult, RELEASE_HOLD, ReleaseLegalHoldResult } from './retention-results.type.js';

@Resolver(() => LegalHoldType)
export class HoldResolver {
  @Query(() => LegalHoldConnection, { description: 'Legal holds, newest first; for admins.' })
  async legalHolds(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
    @Arg('activeOnly', () => Boolean, { nullable: true, defaultValue: true, description: 'False: released ones as well.' }) activeOnly: boolean | null,
  ): Promise<Connection<LegalHoldRecord>> {
    return toConnection(await context.services.holds.list(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after), activeOnly ?? true));
  }

  @Mutation(() => PlaceLegalHoldResult, { description: 'Keeps what it covers from being deleted, erased or overwritten, whatever policies and roles say, until it is released.' })
  placeLegalHold(@Ctx() context: RequestContext, @Arg('input', () => LegalHoldInputType, { description: 'The hold.' }) input: LegalHoldInputType): Promise<LegalHoldRecord | Problem> {
    return orProblem(PLACE_HOLD, () => context.services.holds.place(context.principal, input));
  }

  @Mutation(() => ReleaseLegalHoldResult, { description: 'Ends a hold. What other holds cover stays held.' })
  releaseLegalHold(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the hold.' }) id: string,
    @Arg('reason', () => String, { description: 'Why, for the audit log; 3 to 1,000 characters.' }) reason: string,
  ): Promise<LegalHoldRecord | Problem> {
    return orProblem(RELEASE_HOLD, () => context.services.holds.release(context.principal, id, reason));
  }
}

@Resolver(() => Erasure)
export class ErasureResolver {
  @Query(() => ErasureConnection, { description: 'Erasures, newest first; for admins.' })
  async erasures(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
  ): Promise<Connection<TombstoneRecord>> {
    return toConnection(await context.services.erasures.list(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after)));
  }

  @Mutation(() => EraseSubjectResult, { description: 'Erases everything of a subject: rows, files, vectors, and by destroying their keys every archived copy. What a legal hold covers is kept and listed.' })
  eraseSubject(
    @Ctx() context: RequestContext,
    @Arg('externalId', () => String, { description: 'Your own id of the subject, as given at upload.' }) externalId: string,
    @Arg('reason', () => String, { description: 'Why, for the audit log; 3 to 1,000 characters.' }) reason: string,
  ): Promise<TombstoneRecord | Problem> {
    return orProblem(ERASE_SUBJECT, () => context.services.erasures.eraseSubject(context.principal, { externalId, reason }));
  }
}
