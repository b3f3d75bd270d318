import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ArchiveItemRecord, ArchiveRecord } from '../domain/archive.js';
import type { VerifiedArchive } from '../services/archive.service.js';
import type { RestoreReport } from '../services/archive-restore.js';
import { ArchiveConnection, ArchiveItemType, ArchiveType } from './archive.type.js';
import { toConnection, type Connection } from './page.type.js';
import { pageRequest } from './page-request.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { READ_ARCHIVE, RestoreArchiveResult, VerifyArchiveResult } from './retention-results.type.js';

@Resolver(() => ArchiveType)
export class ArchiveResolver {
  @Query(() => ArchiveConnection, { description: 'Archives, newest first.' })
  async archives(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
  ): Promise<Connection<ArchiveRecord>> {
    return toConnection(await context.services.archives.list(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after)));
  }

  @Query(() => ArchiveType, { nullable: true, description: 'One archive, or null when there is none that you may see.' })
  archive(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the archive.' }) id: string): Promise<ArchiveRecord | null> {
    return context.services.archives.find(context.principal, id);
  }

  @Mutation(() => RestoreArchiveResult, { description: 'Brings back what is missing, from the whole archive or one recording of it. Nothing that is there is changed, and what was erased stays away.' })
  restoreArchive(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the archive.' }) id: string,
    @Arg('recordingId', () => ID, { nullable: true, description: 'Only this recording.' }) recordingId: string | null,
  ): Promise<RestoreReport | Problem> {
    return orProblem(READ_ARCHIVE, () => context.services.archives.restore(context.principal, id, recordingId ?? null));
  }

  @Mutation(() => VerifyArchiveResult, { description: 'Reads the whole archive now, checks every digest and the signature, and opens every member.' })
  verifyArchive(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the archive.' }) id: string): Promise<VerifiedArchive | Problem> {
    return orProblem(READ_ARCHIVE, () => context.services.archives.verify(context.principal, id));
  }

  @FieldResolver(() => [ArchiveItemType], { description: 'The recordings in it, at most 1,000.' })
  items(@Ctx() context: RequestContext, @Root() archive: ArchiveRecord): Promise<readonly ArchiveItemRecord[]> {
    return context.services.archives.items(context.principal, archive.id);
  }
}
