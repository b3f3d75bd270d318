import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { RuleRecord, RuleVersionRecord } from '../domain/rule-records.js';
import type { Backtest, RuleApplication as Application, RuleTemplate as Template, RuleTest as Test } from '../services/rule-contracts.js';
import { present } from './page-request.js';
import { orProblem } from './problem-of.js';
import type { Problem } from './problem.type.js';
import type { RequestContext } from './request-context.js';
import { ApplyRuleResult, BacktestRuleResult, CreateRuleResult, DeleteRuleResult, RULE, TestRuleResult, UpdateRuleResult } from './rule-results.type.js';
import { AlertSeverityEnum, RuleInput, RuleRangeInput, RuleTargetInput, RuleTemplate, RuleType, RuleVersion, UpdateRuleInput } from './rule.type.js';

@Resolver(() => RuleType)
export class RuleResolver {
  @Query(() => [RuleType], { description: 'The business rules, oldest first.' })
  async rules(@Ctx() context: RequestContext): Promise<readonly RuleRecord[]> {
    return context.services.rules.list(context.principal);
  }

  @Query(() => RuleType, { nullable: true, description: 'One rule, or null when there is none that you may see.' })
  rule(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the rule.' }) id: string): Promise<RuleRecord | null> {
    return context.services.rules.find(context.principal, id);
  }

  @Query(() => [RuleTemplate], { description: 'Ready rules for contact centres, wellbeing and research.' })
  ruleTemplates(@Ctx() context: RequestContext): readonly Template[] {
    return context.services.rules.templates(context.principal);
  }

  @Mutation(() => CreateRuleResult, { description: 'Makes a rule. New analyses are checked by it from now on; see `applyRule` for those that are there.' })
  createRule(@Ctx() context: RequestContext, @Arg('input', () => RuleInput, { description: 'The rule.' }) input: RuleInput): Promise<RuleRecord | Problem> {
    return orProblem(RULE, () => context.services.rules.create(context.principal, input));
  }

  @Mutation(() => UpdateRuleResult, { description: 'Changes a rule, which makes its next version.' })
  updateRule(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the rule.' }) id: string,
    @Arg('input', () => UpdateRuleInput, { description: 'The whole rule anew.' }) input: UpdateRuleInput,
  ): Promise<RuleRecord | Problem> {
    return orProblem(RULE, () => context.services.rules.update(context.principal, id, input));
  }

  @Mutation(() => DeleteRuleResult, { description: 'Deletes a rule. Its alerts stay.' })
  deleteRule(@Ctx() context: RequestContext, @Arg('id', () => ID, { description: 'Id of the rule.' }) id: string): Promise<{ readonly id: string } | Problem> {
    return orProblem(RULE, () => context.services.rules.delete(context.principal, id));
  }

  @Mutation(() => TestRuleResult, { description: 'One rule over one analysis, explained whether it fires or not. Writes nothing.' })
  testRule(
    @Ctx() context: RequestContext,
    @Arg('rule', () => RuleTargetInput, { description: 'The rule.' }) rule: RuleTargetInput,
    @Arg('analysisId', () => ID, { description: 'Id of a finished analysis.' }) analysisId: string,
  ): Promise<Test | Problem> {
    return orProblem(RULE, () => context.services.rules.test(context.principal, rule, analysisId));
  }

  @Mutation(() => BacktestRuleResult, { description: 'Runs a rule over stored analyses: how often it would have fired, on what, and how often people agree. Writes nothing.' })
  backtestRule(
    @Ctx() context: RequestContext,
    @Arg('rule', () => RuleTargetInput, { description: 'The rule.' }) rule: RuleTargetInput,
    @Arg('range', () => RuleRangeInput, { nullable: true, description: 'Which analyses; all when absent.' }) range: RuleRangeInput | null,
  ): Promise<Backtest | Problem> {
    return orProblem(RULE, () => context.services.rules.backtest(context.principal, rule, present(range), context.signal));
  }

  @Mutation(() => ApplyRuleResult, { description: 'Writes the alerts that a rule would have raised over stored analyses. Nobody is told; those that are there already are not doubled.' })
  applyRule(
    @Ctx() context: RequestContext,
    @Arg('id', () => ID, { description: 'Id of the rule.' }) id: string,
    @Arg('range', () => RuleRangeInput, { nullable: true, description: 'Which analyses; all when absent.' }) range: RuleRangeInput | null,
    @Arg('withActions', () => Boolean, { nullable: true, defaultValue: false, description: 'Carry out reviews, webhooks and holds as well.' }) withActions: boolean | null,
  ): Promise<Application | Problem> {
    return orProblem(RULE, () => context.services.rules.apply(context.principal, id, { ...present(range), withActions }, context.signal));
  }

  @FieldResolver(() => String, { description: 'Its name.' })
  name(@Root() { definition }: RuleRecord): string {
    return definition['name'] as string;
  }
  @FieldResolver(() => String, { description: 'What it is for.' })
  description(@Root() { definition }: RuleRecord): string {
    return definition['description'] as string;
  }
  @FieldResolver(() => Boolean, { description: 'Whether new analyses are checked.' })
  enabled(@Root() { definition }: RuleRecord): boolean {
    return definition['enabled'] as boolean;
  }
  @FieldResolver(() => AlertSeverityEnum, { description: 'Severity of its alerts.' })
  severity(@Root() { definition }: RuleRecord): string {
    return definition['severity'] as string;
  }
  @FieldResolver(() => [RuleVersion], { description: 'Every version, newest first.' })
  async history(@Ctx() context: RequestContext, @Root() rule: RuleRecord): Promise<readonly RuleVersionRecord[]> {
    return context.services.rules.history(context.principal, rule.id);
  }
  @FieldResolver(() => Int, { description: 'How often it has fired, with firings that raised no alert.' })
  async firingCount(@Ctx() context: RequestContext, @Root() rule: RuleRecord): Promise<number> {
    return context.loaders.ruleFirings.load(rule.id);
  }
}
