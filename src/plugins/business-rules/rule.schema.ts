import { z } from 'zod';
import { ACTION_SCHEMAS, LEAF_SCHEMAS, PARTS, type Bounds } from './rule-parts.schema.js';

type Leaves = { [K in keyof typeof LEAF_SCHEMAS]?: z.output<(typeof LEAF_SCHEMAS)[K]> | undefined };

/** Exactly one of these is set: the name of the condition and what it asks. */
export interface Condition extends Leaves {
  readonly all?: readonly Condition[] | undefined;
  readonly any?: readonly Condition[] | undefined;
  readonly not?: Condition | undefined;
  readonly sustained?: { readonly when: Condition; readonly forSeconds: number; readonly maxGapSeconds: number } | undefined;
  readonly sequence?: { readonly steps: readonly { readonly when: Condition; readonly forSeconds: number }[]; readonly withinSeconds: number; readonly maxGapSeconds: number } | undefined;
  readonly share?: (Bounds & { readonly when: Condition }) | undefined;
  readonly count?: (Bounds & { readonly when: Condition }) | undefined;
}

const { seconds, bounded, boundsOf, fraction } = PARTS;
const inner: z.ZodType<Condition> = z.lazy(() => conditionSchema);
const maxGapSeconds = z.number().min(0).max(600).default(5).describe('A pause of the same speaker up to this long does not end it; others may speak in between.');

const conditionShape = {
  all: z.array(inner).min(1).max(50).optional().describe('All of these.'),
  any: z.array(inner).min(1).max(50).optional().describe('At least one of these.'),
  not: inner.optional().describe('Not this. What is unknown stays unknown.'),
  ...(Object.fromEntries(Object.entries(LEAF_SCHEMAS).map(([name, schema]) => [name, schema.optional()])) as { [K in keyof typeof LEAF_SCHEMAS]: z.ZodOptional<(typeof LEAF_SCHEMAS)[K]> }),
  sustained: z.strictObject({ when: inner, forSeconds: seconds, maxGapSeconds }).optional().describe('A condition that holds for some seconds.'),
  sequence: z.strictObject({
    steps: z.array(z.strictObject({ when: inner, forSeconds: z.number().min(0).max(86_400).default(0) })).min(2).max(8),
    withinSeconds: seconds.describe('From the end of one step to the beginning of the next.'), maxGapSeconds,
  }).optional().describe('One thing, then another: "anger for 20 s after the agent spoke".'),
  share: bounded(z.strictObject({ when: inner, ...boundsOf(fraction) })).optional().describe('Share of the speech in which a condition holds, 0 to 1.'),
  count: bounded(z.strictObject({ when: inner, ...boundsOf(z.number().int().min(0).max(1_000_000)) })).optional().describe('Number of segments in which a condition holds.'),
};

/** One object with one name: no union, so that a fault is told at its own place and not as "none of 25 kinds fits". */
const conditionSchema = z.strictObject(conditionShape).superRefine(oneName('a condition', 'wrap several in all or any')).meta({ id: 'Condition', minProperties: 1, maxProperties: 1 }) as unknown as z.ZodType<Condition>;

const actionSchema = z.strictObject({
  alert: ACTION_SCHEMAS.alert.optional(), tag: ACTION_SCHEMAS.tag.optional(), review: ACTION_SCHEMAS.review.optional(), webhook: ACTION_SCHEMAS.webhook.optional(), hold: ACTION_SCHEMAS.hold.optional(),
}).superRefine(oneName('an action', 'give several actions as several objects')).meta({ id: 'Action', minProperties: 1, maxProperties: 1 });

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export const ONCE_PER = ['occurrence', 'speaker', 'analysis', 'recording'] as const;

export const ruleSchema = z.strictObject({
  $schema: z.string().optional().describe('Where this schema is, for editors.'),
  name: z.string().trim().min(1).max(120).describe('Shown in alerts.'),
  description: z.string().trim().max(2000).default('').describe('What it is for.'),
  enabled: z.boolean().default(true).describe('Whether new analyses are checked.'),
  severity: z.enum(SEVERITIES).default('warning'),
  when: conditionSchema,
  cooldownSeconds: z.number().min(0).max(86_400).default(60).describe('Within one recording: an occurrence that begins sooner after the end of the last one that fired is left out.'),
  oncePer: z.enum(ONCE_PER).default('occurrence').describe('Fires once for each of these, however often the recording is analysed.'),
  actions: z.array(actionSchema).min(1).max(10).default([{ alert: {} }]),
}).meta({ id: 'Rule', title: 'Undertone business rule' });

export type RuleDefinition = z.output<typeof ruleSchema>;
export type RuleAction = RuleDefinition['actions'][number];
export const ACTION_KINDS = ['alert', 'tag', 'review', 'webhook', 'hold'] as const satisfies readonly (keyof RuleAction)[];
export type ActionKind = (typeof ACTION_KINDS)[number];

/** The kind of an action: its only name. */
export function kindOf(action: RuleAction): ActionKind {
  return ACTION_KINDS.find((kind) => action[kind] !== undefined)!;
}

function oneName(what: string, advice: string) {
  return (given: object, context: z.RefinementCtx): void => {
    const set = Object.entries(given).filter(([, value]) => value !== undefined).map(([name]) => name);
    if (set.length !== 1) context.addIssue({ code: 'custom', path: [], message: `${set.length === 0 ? 'is empty' : `has ${set.join(' and ')}`}; ${what} has exactly one name: ${advice}` });
  };
}

/** JSON Schema (draft 2020-12) of what is taken in. Checks between fields, such as atLeast ≤ atMost, it cannot say. */
export function ruleJsonSchema(): Record<string, unknown> {
  return { $id: '/schemas/rule.json', ...z.toJSONSchema(ruleSchema, { io: 'input' }) };
}
