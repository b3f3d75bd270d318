import { z } from 'zod';
import { GATE_KINDS, WARNING_CODES } from '../../domain/analysis.js';

const names = z.array(z.string().min(1).max(100)).min(1).max(100);
const seconds = z.number().positive().max(86_400);
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day from 00:00 to 23:59');
/** A misspelt one would never be found and never say so. Those of plugins are not known before they come. */
const warningCode = z.string().min(1).max(100).refine((code) => (WARNING_CODES as readonly string[]).includes(code) || code.startsWith('PLUGIN_'), {
  message: `is no code of a warning (${WARNING_CODES.join(', ')}, or one of a plugin, which begins with PLUGIN_)`, params: { candidates: WARNING_CODES },
});
const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** The figures of AudioQuality that are numbers. */
export const QUALITY_MEASURES = [
  'bitrateBps', 'originalSampleRateHz', 'originalChannels', 'durationSeconds', 'effectiveBandwidthHz', 'integratedLoudnessLufs', 'peakDbfs', 'clippingRatio', 'dcOffset', 'speechLevelDbfs', 'snrDb',
  'silenceRatio', 'speechSeconds', 'dropoutCount',
] as const;

/** A range with hysteresis: once inside, it stays so until the value passes the release bound. */
export interface Bounds {
  readonly atLeast?: number | undefined;
  readonly atMost?: number | undefined;
  readonly releaseBelow?: number | undefined;
  readonly releaseAbove?: number | undefined;
}
const boundsOf = (value: z.ZodNumber) => ({
  atLeast: value.optional().describe('True from this value on.'),
  atMost: value.optional().describe('True up to this value.'),
  releaseBelow: value.optional().describe('Hysteresis: once true, it stays so until the value falls below this; under atLeast.'),
  releaseAbove: value.optional().describe('Hysteresis: once true, it stays so until the value rises above this; over atMost.'),
});
const fraction = z.number().min(0).max(1);
const anyNumber = z.number().min(-1e9).max(1e9);

/** Adds the checks between bounds, which say what is impossible and where. */
function bounded<T extends z.ZodObject>(schema: T) {
  return schema.superRefine((given, context) => {
    const { atLeast, atMost, releaseBelow, releaseAbove } = given as Bounds;
    const refuse = (field: string, message: string): void => context.addIssue({ code: 'custom', path: [field], message });
    if (atLeast === undefined && atMost === undefined) refuse('atLeast', 'is missing: give atLeast, atMost or both');
    if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) refuse('atLeast', `is ${atLeast}, above atMost ${atMost}: nothing can be both`);
    if (releaseBelow !== undefined && (atLeast === undefined || releaseBelow >= atLeast)) refuse('releaseBelow', 'must be under atLeast');
    if (releaseAbove !== undefined && (atMost === undefined || releaseAbove <= atMost)) refuse('releaseAbove', 'must be over atMost');
  });
}
function someOf<T extends z.ZodObject>(schema: T, fields: readonly string[]) {
  return schema.superRefine((given, context) => {
    if (!fields.some((field) => given[field] !== undefined)) context.addIssue({ code: 'custom', path: [], message: `needs at least one of ${fields.join(', ')}` });
  });
}

const ofSegment = z.enum(['segment', 'summary']).default('segment').describe('Of each segment, or of the summary over the whole recording.');
export const whoSchema = z.strictObject({
  role: names.optional().describe('Roles of the speaker, for example agent or customer.'),
  key: names.optional().describe('Names inside the analysis, for example channel-0.'),
  channel: z.array(z.number().int().min(0).max(63)).min(1).optional().describe('Channels of the recording, counted from 0.'),
});
const WHO = ['role', 'key', 'channel'] as const;
const matching = { anyOf: names.optional(), allOf: names.optional(), noneOf: names.optional() };
const MATCHING = ['anyOf', 'allOf', 'noneOf'] as const;

/** Everything that stands under one condition's name, but for those that hold other conditions. */
export const LEAF_SCHEMAS = {
  label: z.strictObject({ in: names, of: ofSegment }).describe('The label is one of these.'),
  score: bounded(z.strictObject({ label: z.string().min(1).max(100), of: ofSegment, ...boundsOf(fraction) })).describe('The score of a label, 0 to 1.'),
  confidence: bounded(z.strictObject({ of: ofSegment, ...boundsOf(fraction) })).describe('The confidence in the label, 0 to 1.'),
  abstained: z.strictObject({ is: z.boolean().default(true), of: ofSegment }).describe('Whether the platform declined to say.'),
  duration: bounded(z.strictObject({ of: z.enum(['recording', 'speech', 'segment']).default('recording'), ...boundsOf(z.number().min(0).max(864_000)) })).describe('Length in seconds.'),
  trajectory: z.strictObject({
    from: names, to: names, withinSeconds: seconds, minConfidence: fraction.default(0), sameSpeaker: z.boolean().default(true),
  }).superRefine(({ from, to }, context) => {
    const both = from.find((label) => to.includes(label));
    if (both !== undefined) context.addIssue({ code: 'custom', path: ['to'], message: `has "${both}", which from has as well: that is no change` });
  }).describe('One label, then another within some seconds of its end: "neutral, then angry within 60 s".'),
  speaker: someOf(whoSchema, WHO).describe('Who speaks. Unknown where nobody was told apart.'),
  words: someOf(z.strictObject({
    ...matching,
    negation: z.enum(['any', 'none', 'only']).default('any').describe('any: found is found; none: only where no negation stands before it; only: only where one does.'),
    of: z.enum(['segment', 'transcript']).default('segment'),
  }), MATCHING).describe('Words or phrases that are said, or (noneOf) are not. Unknown where there is no text.'),
  agreement: bounded(z.strictObject(boundsOf(fraction))).describe('How well words and voice agree, 0 to 1. Unknown where they were not compared.'),
  quality: bounded(z.strictObject({ measure: z.enum(QUALITY_MEASURES), ...boundsOf(anyNumber) })).describe('A measure of the recording itself.'),
  gate: z.strictObject({ in: z.array(z.enum(GATE_KINDS)).min(1), of: z.enum(['recording', 'segment']).default('recording') }).describe('What was heard before any score was shown.'),
  warning: z.strictObject({ in: z.array(warningCode).min(1).max(100) }).describe('The analysis carries one of these warnings.'),
  silence: bounded(z.strictObject({ of: z.enum(['before', 'longest', 'share']).default('before'), ...boundsOf(z.number().min(0).max(864_000)) }))
    .describe('before: seconds without speech before the segment; longest: the longest such stretch between two segments; share: of the recording, 0 to 1.'),
  interruptions: bounded(z.strictObject({ by: someOf(whoSchema, WHO).optional(), overlapSeconds: z.number().positive().max(60).default(0.3), ...boundsOf(z.number().int().min(0).max(100_000)) }))
    .describe('How often somebody began to speak while another went on for at least overlapSeconds.'),
  talkShare: bounded(someOf(z.strictObject({ ...whoSchema.shape, ...boundsOf(fraction) }), WHO)).describe('Share of all speech that is theirs, 0 to 1.'),
  tags: someOf(z.strictObject(matching), MATCHING).describe('Tags of the recording.'),
  language: z.strictObject({ in: names }).describe('Language of the recording as it was uploaded; `en` stands for `en-GB` too.'),
  model: z.strictObject({ in: names }).describe('Id of the model that judged.'),
  timeOfDay: z.strictObject({ from: clock, to: clock, timeZone: z.string().refine(isTimeZone, { message: 'is not a time zone, for example Europe/Berlin or UTC', params: { candidates: ['UTC', ...Intl.supportedValuesOf('timeZone')] } }), days: z.array(z.enum(WEEKDAYS)).min(1).optional() })
    .superRefine(({ from, to }, context) => {
      if (from === to) context.addIssue({ code: 'custom', path: ['to'], message: `is ${to}, the same as from: the range is empty` });
    }).describe('When it was recorded; `from` after `to` goes over midnight, and counts as the day on which it began.'),
  position: someOf(z.strictObject({ fromSeconds: z.number().min(0).max(864_000).optional(), toSeconds: seconds.max(864_000).optional(), ofEnd: z.boolean().default(false).describe('Counts back from the end of the recording.') }), ['fromSeconds', 'toSeconds'])
    .superRefine((given, context) => {
      const { fromSeconds, toSeconds } = given;
      if (fromSeconds !== undefined && toSeconds !== undefined && fromSeconds >= toSeconds) context.addIssue({ code: 'custom', path: ['toSeconds'], message: `is ${toSeconds}, not after fromSeconds ${fromSeconds}` });
    }).describe('Where in the recording the segment begins.'),
} as const;

export const ACTION_SCHEMAS = {
  alert: z.strictObject({}).describe('Shows in `alerts` and tells those who listen.'),
  tag: z.strictObject({ tags: z.array(z.string().trim().min(1).max(64)).min(1).max(20) }).describe('Adds tags to the recording.'),
  review: z.strictObject({ priority: z.enum(['low', 'normal', 'high']).default('normal') }).describe('Sends it to human review.'),
  webhook: z.strictObject({ id: z.string().min(1).max(64) }).describe('Calls a webhook of this id.'),
  hold: z.strictObject({ reason: z.string().min(1).max(500) }).describe('Holds the recording from deletion until somebody releases it. Only who may place legal holds may write such a rule.'),
} as const;

/** Settings of a measure that hold other conditions need these as well. */
export const PARTS = { seconds, bounded, boundsOf, fraction } as const;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
