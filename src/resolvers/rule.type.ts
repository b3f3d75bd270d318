import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { GraphQLJSON } from 'graphql-scalars';
import type { JsonObject, JsonValue } from '../domain/json.js';
import { ALERT_SEVERITIES, type AlertSeverity } from '../domain/rule-records.js';
import { DateTime } from './scalars.js';

const severities = Object.fromEntries(ALERT_SEVERITIES.map((severity) => [severity.toUpperCase(), severity])) as Record<Uppercase<AlertSeverity>, AlertSeverity>;
registerEnumType(severities, {
  name: 'AlertSeverity', description: 'How much an alert matters.',
  valuesConfig: { INFO: { description: 'Worth knowing.' }, WARNING: { description: 'Worth looking at.' }, CRITICAL: { description: 'Worth looking at now.' } },
});
export const AlertSeverityEnum = severities;
export const Json = GraphQLJSON;

@ObjectType({ simpleResolvers: true, description: 'An earlier or the present state of a rule.' })
export class RuleVersion {
  @Field(() => Int, { description: 'From 1.' })
  version!: number;
  @Field(() => Json, { description: 'The rule as it was; see `/schemas/rule.json`.' })
  definition!: JsonObject;
  @Field(() => String, { nullable: true, description: 'Why it was changed, where somebody said so.' })
  note!: string | null;
  @Field(() => String, { description: 'Name of the key that made it.' })
  createdBy!: string;
  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;
}

@ObjectType('Rule', { simpleResolvers: true, description: 'A business rule: when it fires, and what is done then.' })
export class RuleType {
  @Field(() => ID, { description: 'Opaque id (`rul_…`).' })
  id!: string;
  @Field(() => Int, { description: 'Raised by one with each change.' })
  version!: number;
  @Field(() => Json, { description: 'The whole rule; see `/schemas/rule.json`.' })
  definition!: JsonObject;
  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;
  @Field(() => DateTime, { description: 'When it was last changed.' })
  updatedAt!: Date;
}

@ObjectType({ simpleResolvers: true, description: 'The rule that is gone. Its alerts stay.' })
export class DeletedRule {
  @Field(() => ID, { description: 'Its id.' })
  id!: string;
}

@ObjectType({ simpleResolvers: true, description: 'A ready rule, to start from.' })
export class RuleTemplate {
  @Field(() => ID, { description: 'For `createRule(input: { template })`.' })
  id!: string;
  @Field(() => Json, { description: 'The rule.' })
  definition!: JsonObject;
}

@ObjectType({ simpleResolvers: true, description: 'One condition as it was looked at.' })
export class RuleTraceLine {
  @Field(() => String, { description: 'Its place in the rule, for example `when.all[0].score`.' })
  path!: string;
  @Field(() => String, { description: 'Its name.' })
  condition!: string;
  @Field(() => String, { description: 'What was asked, in words.' })
  asked!: string;
  @Field(() => Json, { nullable: true, description: 'What was seen; null where it is not known.' })
  seen!: JsonValue;
  @Field(() => Boolean, { nullable: true, description: 'Whether it held; null where it is not known.' })
  result!: boolean | null;
  @Field(() => Float, { nullable: true, description: 'Beginning of the segment that was looked at; null for what holds for the whole recording.' })
  atSeconds!: number | null;
}

@ObjectType({ simpleResolvers: true, description: 'A stretch in which a rule holds.' })
export class RuleFiring {
  @Field(() => Float, { description: 'Beginning in seconds.' })
  startSeconds!: number;
  @Field(() => Float, { description: 'End in seconds.' })
  endSeconds!: number;
  @Field(() => String, { nullable: true, description: 'The voice that it is about, where it is about one.' })
  speakerKey!: string | null;
  @Field(() => [ID], { description: 'Segments in which it holds.' })
  segmentIds!: readonly string[];
  @Field(() => [RuleTraceLine], { description: 'Why it fired: every condition at its beginning.' })
  trace!: readonly RuleTraceLine[];
}

@ObjectType({ simpleResolvers: true, description: 'One rule over one analysis.' })
export class RuleTest {
  @Field(() => [RuleFiring], { description: 'Where it fires.' })
  firings!: readonly RuleFiring[];
  @Field(() => Int, { description: 'Occurrences that the cool-down left out.' })
  suppressedCount!: number;
  @Field(() => [RuleTraceLine], { description: 'Every condition at the first firing, or at the beginning where there is none.' })
  trace!: readonly RuleTraceLine[];
}

@ObjectType({ simpleResolvers: true, description: 'Where a rule would have fired.' })
export class BacktestExample extends RuleFiring {
  @Field(() => ID, { description: 'The analysis.' })
  analysisId!: string;
  @Field(() => ID, { description: 'The recording.' })
  recordingId!: string;
}

@ObjectType({ simpleResolvers: true, description: 'Share of firings that people agree with, among those whose segments they have all reviewed.' })
export class RulePrecision {
  @Field(() => Float, { description: 'The share, 0 to 1.' })
  value!: number;
  @Field(() => Float, { description: 'Lower end of the 95 % interval (Wilson).' })
  low!: number;
  @Field(() => Float, { description: 'Upper end of the 95 % interval (Wilson).' })
  high!: number;
  @Field(() => Int, { description: 'Firings that the labels of people bear out.' })
  rightCount!: number;
  @Field(() => Int, { description: 'Firings that were reviewed.' })
  reviewedCount!: number;
}

@ObjectType({ simpleResolvers: true, description: 'A rule over what is stored. Nothing was written.' })
export class RuleBacktest {
  @Field(() => Int, { description: 'Analyses that were read.' })
  analysisCount!: number;
  @Field(() => Int, { description: 'Segments that were read.' })
  segmentCount!: number;
  @Field(() => Int, { description: 'Analyses in which it would have fired.' })
  firedAnalysisCount!: number;
  @Field(() => Int, { description: 'How often it would have fired.' })
  firingCount!: number;
  @Field(() => Int, { description: 'Occurrences that the cool-down left out.' })
  suppressedCount!: number;
  @Field(() => Float, { nullable: true, description: 'Firings per hour of recordings; null where there was none.' })
  firingsPerHour!: number | null;
  @Field(() => [BacktestExample], { description: 'The first twenty firings, explained.' })
  examples!: readonly BacktestExample[];
  @Field(() => RulePrecision, { nullable: true, description: 'How often people agree; null where that cannot be said.' })
  precision!: RulePrecision | null;
  @Field(() => String, { nullable: true, description: 'Why there is no precision.' })
  precisionReason!: string | null;
  @Field(() => ID, { nullable: true, description: 'To be passed as `after`, where there was more than one call reads; null when everything was read.' })
  nextAfter!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'A rule applied to what is stored.' })
export class RuleApplication {
  @Field(() => RuleType, { description: 'The rule.' })
  rule!: RuleType;
  @Field(() => Int, { description: 'Analyses that were read.' })
  analysisCount!: number;
  @Field(() => Int, { description: 'How often it fired.' })
  firingCount!: number;
  @Field(() => Int, { description: 'Alerts that were not there before.' })
  newAlertCount!: number;
  @Field(() => ID, { nullable: true, description: 'To be passed as `after`, where there was more than one call reads; null when everything was read.' })
  nextAfter!: string | null;
}

@InputType({ description: 'A rule: either written out or from a template.' })
export class RuleInput {
  @Field(() => Json, { nullable: true, description: 'The rule, as `/schemas/rule.json` describes it.' })
  definition?: unknown;
  @Field(() => ID, { nullable: true, description: 'Id of a ready rule (`ruleTemplates`).' })
  template?: string | null;
  @Field(() => String, { nullable: true, description: 'Why; kept in the history.' })
  note?: string | null;
}

@InputType({ description: 'The whole rule anew.' })
export class UpdateRuleInput extends RuleInput {
  @Field(() => Int, { nullable: true, description: 'The version that was read: the change is refused when somebody else came first.' })
  expectedVersion?: number | null;
}

@InputType({ description: 'A stored rule by its id, or one that is only tried. Exactly one of the two.' })
export class RuleTargetInput {
  @Field(() => ID, { nullable: true, description: 'Id of the rule.' })
  id?: string | null;
  @Field(() => Json, { nullable: true, description: 'A rule as `/schemas/rule.json` describes it.' })
  definition?: unknown;
}

@InputType({ description: 'Which analyses, by when they were asked for.' })
export class RuleRangeInput {
  @Field(() => DateTime, { nullable: true, description: 'From this time on.' })
  from?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Before this time.' })
  to?: Date | null;
  @Field(() => ID, { nullable: true, description: '`nextAfter` of the call before.' })
  after?: string | null;
}
