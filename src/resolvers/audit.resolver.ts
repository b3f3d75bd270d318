import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import type { AuditEventRecord } from '../domain/audit.js';
import { AuditCheck, AuditEventConnection, AuditEventType, AuditFilterInput } from './audit.type.js';
import { toConnection, type Connection } from './page.type.js';
import { pageRequest, present } from './page-request.js';
import type { RequestContext } from './request-context.js';

@Resolver(() => AuditEventType)
export class AuditResolver {
  @Query(() => AuditEventConnection, { description: 'What was done in this workspace, newest first; for admins.' })
  async auditLog(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
    @Arg('filter', () => AuditFilterInput, { nullable: true, description: 'Conditions.' }) filter: AuditFilterInput | null,
  ): Promise<Connection<AuditEventRecord>> {
    return toConnection(await context.services.audit.list(context.principal, pageRequest(context.settings.maxPageSize, first, 50, after), present(filter)));
  }

  @Query(() => AuditCheck, { description: 'Reads the whole chain and says whether it holds; for admins.' })
  auditCheck(@Ctx() context: RequestContext): Promise<{ checkedCount: number; brokenAt: number | null }> {
    return context.services.audit.verify(context.principal);
  }
}
