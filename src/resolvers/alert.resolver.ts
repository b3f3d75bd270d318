import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { AnalysisRecord } from '../domain/records.js';
import type { AlertRecord, AlertSeverity, RuleRecord } from '../domain/rule-records.js';
import { AlertConnection, AlertFilterInput, AlertType } from './alert.type.js';
import { found } from './analysis-fields.resolver.js';
import { AnalysisType } from './analysis.type.js';
import { leavable } from './leavable.js';
import { pageRequest, present } from './page-request.js';
import { toConnection, type Connection } from './page.type.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { AcknowledgeAlertResult, RULE } from './rule-results.type.js';
import { AlertSeverityEnum, RuleType } from './rule.type.js';

@Resolver(() => AlertType)
export class AlertResolver {
  @Query(() => AlertConnection, { description: 'Alerts, newest first.' })
  async alerts(
    @Ctx() context: RequestContext,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20, description: 'How many; at most `capabilities.maxPageSize`.' }) first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor of the item before the page.' }) after: string | null,
    @Arg('filter', () => AlertFilterInput, { nullable: true, description: 'Conditions.' }) filter: AlertFilterInput | null,
  ): Promise<Connection<AlertRecord>> {
    return toConnection(await context.services.alerts.list(context.principal, pageRequest(context.settings.maxPageSize, first, 20, after), present(filter)));
  }

  @Query(() => AlertType, { nullable: true, description: 'One alert, or null when there is none that you may see.' })
  alert(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the alert.' }) id: string): Promise<AlertRecord | null> {
    return context.services.alerts.find(context.principal, id);
  }

  @Mutation(() => AcknowledgeAlertResult, { description: 'Says that somebody has taken note of an alert. The first one counts.' })
  acknowledgeAlert(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the alert.' }) id: string,
    @Arg('note', () => String, { nullable: true, description: 'What is to be said with it.' }) note: string | null,
  ): Promise<AlertRecord | Problem> {
    return orProblem(RULE, () => context.services.alerts.acknowledge(context.principal, id, note ?? null));
  }

  @Subscription(() => AlertType, {
    description: 'Every alert of the workspace as it is raised.',
    subscribe: ({ args, context }: { args: { severity: AlertSeverity | null }; context: RequestContext }) => leavable(context, (signal) => context.services.alerts.raised(context.principal, { severity: args.severity ?? null }, signal)),
  })
  alertRaised(@Root() alert: AlertRecord, @Arg('severity', () => AlertSeverityEnum, { nullable: true, description: 'Only of this severity.' }) _severity: AlertSeverity | null): AlertRecord {
    return alert;
  }

  @FieldResolver(() => AnalysisType, { description: 'The analysis in which it fired.' })
  async analysis(@Ctx() context: RequestContext, @Root() alert: AlertRecord): Promise<AnalysisRecord> {
    return found(await context.loaders.analyses.load(alert.analysisId));
  }

  @FieldResolver(() => RuleType, { nullable: true, description: 'The rule as it is now; null once it is deleted.' })
  rule(@Ctx() context: RequestContext, @Root() alert: AlertRecord): Promise<RuleRecord | null> {
    return context.loaders.rules.load(alert.ruleId);
  }
}

@Resolver(() => AnalysisType)
export class AnalysisAlertsResolver {
  @FieldResolver(() => [AlertType], { description: 'Alerts that rules raised, in the order of time.' })
  async alerts(@Ctx() context: RequestContext, @Root() analysis: AnalysisRecord): Promise<readonly AlertRecord[]> {
    return context.loaders.alerts.load(analysis.id);
  }
}
