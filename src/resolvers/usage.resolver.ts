import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { NumberColumn } from '../domain/number-column.js';
import type { Plain } from './plain.js';
import type { RequestContext } from './request-context.js';
import { Usage } from './usage.type.js';

@Resolver(() => Usage)
export class UsageResolver {
  @Query(() => Usage, { description: 'What the workspace stores, its quota, and how both came about over time.' })
  async usage(
    @Ctx() context: RequestContext,
    @Arg('days', () => Int, { nullable: true, defaultValue: 30, description: 'How many days back the history goes, today included; at most 3660.' }) days: number | null,
  ): Promise<Plain<Usage>> {
    const usage = await context.services.usage.usage(context.principal, days ?? 30);
    return { ...usage, history: { days: usage.history.days, byteLengths: usage.history.byteLengths.map(({ kind, values }) => ({ kind, values: new NumberColumn(values) })) } };
  }
}
