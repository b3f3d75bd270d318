import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { JsonObject } from '../domain/json.js';
import { ACTION_STATES, type ActionState, type AlertSeverity } from '../domain/rule-records.js';
import { connectionType } from './page.type.js';
import { AlertSeverityEnum, Json, RuleFiring } from './rule.type.js';
import { DateTime } from './scalars.js';

const states = Object.fromEntries(ACTION_STATES.map((state) => [state, state])) as Record<ActionState, ActionState>;
registerEnumType(states, {
  name: 'RuleActionState', description: 'What became of an action of a rule.',
  valuesConfig: {
    PENDING: { description: 'It is being done.' }, DONE: { description: 'It is done.' }, UNAVAILABLE: { description: 'No part of this installation carries it out.' }, FAILED: { description: 'It failed each time that it was tried.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'What a rule had done, and how it went.' })
export class AlertAction {
  @Field(() => String, { description: '`alert`, `tag`, `review`, `webhook` or `hold`.' })
  kind!: string;
  @Field(() => states, { description: 'How it went.' })
  state!: ActionState;
  @Field(() => String, { nullable: true, description: 'For people, where there is something to say.' })
  message!: string | null;
  @Field(() => Json, { description: 'What the rule gave the action.' })
  input!: JsonObject;
}

@ObjectType('Alert', { simpleResolvers: true, description: 'A rule fired. It is written once, however often its job is delivered.' })
export class AlertType extends RuleFiring {
  @Field(() => ID, { description: 'Opaque id (`alr_…`).' })
  id!: string;
  @Field(() => ID, { description: 'The rule, which may have been changed or deleted since.' })
  ruleId!: string;
  @Field(() => Int, { description: 'Version of the rule that fired.' })
  ruleVersion!: number;
  @Field(() => String, { description: 'Name of the rule then.' })
  ruleName!: string;
  @Field(() => AlertSeverityEnum, { description: 'How much it matters.' })
  severity!: AlertSeverity;
  @Field(() => ID, { description: 'The recording.' })
  recordingId!: string;
  @Field(() => [AlertAction], { description: 'What was done.' })
  actions!: readonly AlertAction[];
  @Field(() => Boolean, { description: 'True for an alert of `applyRule`: it was never announced.' })
  isOfThePast!: boolean;
  @Field(() => DateTime, { description: 'When it was raised.' })
  createdAt!: Date;
  @Field(() => DateTime, { nullable: true, description: 'When somebody took note of it.' })
  acknowledgedAt!: Date | null;
  @Field(() => String, { nullable: true, description: 'Name of the key of who took note.' })
  acknowledgedBy!: string | null;
  @Field(() => String, { nullable: true, description: 'What was said with it.' })
  acknowledgeNote!: string | null;
}

export const AlertConnection = connectionType('Alert', 'alerts', () => AlertType);

@InputType('AlertFilter', { description: 'Conditions on alerts; all must hold.' })
export class AlertFilterInput {
  @Field(() => ID, { nullable: true, description: 'Of this rule.' })
  ruleId?: string | null;
  @Field(() => ID, { nullable: true, description: 'Of this analysis.' })
  analysisId?: string | null;
  @Field(() => ID, { nullable: true, description: 'Of this recording.' })
  recordingId?: string | null;
  @Field(() => AlertSeverityEnum, { nullable: true, description: 'Of this severity.' })
  severity?: AlertSeverity | null;
  @Field(() => Boolean, { nullable: true, description: 'Whether somebody has taken note of it.' })
  acknowledged?: boolean | null;
  @Field(() => DateTime, { nullable: true, description: 'Raised from this time on.' })
  createdAfter?: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Raised before this time.' })
  createdBefore?: Date | null;
}
