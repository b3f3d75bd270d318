import { z } from 'zod';
import { UndertoneError } from '../domain/errors.js';
import { nearestName } from '../domain/nearest-name.js';
import type { ReviewPolicy } from '../domain/review-policy.js';

const note = z.string().trim().max(2000).nullish().transform((text) => (text == null || text === '' ? null : text));
const text = (most: number) => z.string().trim().min(1).max(most).nullish().transform((given) => given ?? null);
const orNothing = <T>(schema: z.ZodType<T>) => schema.nullish().transform((given) => given ?? undefined);
const requiredCount = z.number().int().min(1).max(20);
const keyIds = z.array(z.string().min(1).max(64)).max(50);
const isOne = (a: unknown, b: unknown): boolean => (a === null) !== (b === null);

export const enqueueSchema = z.object({
  analysisId: text(64), segmentId: text(64), note,
  priority: orNothing(z.number().int().min(0).max(100)), requiredCount: orNothing(requiredCount), isBlind: orNothing(z.boolean()), assigneeKeyIds: orNothing(keyIds),
}).refine(({ analysisId, segmentId }) => isOne(analysisId, segmentId), { message: 'give exactly one of analysisId and segmentId', path: ['analysisId'] });

export const resolveSchema = z.object({
  id: z.string().min(1).max(64), label: text(64), freeLabel: text(64), note,
  spentSeconds: orNothing(z.number().min(0).max(86_400)), isFinal: z.boolean().nullish().transform((given) => given ?? false),
}).refine(({ label, freeLabel }) => isOne(label, freeLabel), { message: 'give exactly one of label and freeLabel', path: ['label'] });

export const noteSchema = z.object({ note });
export const reasonSchema = z.object({ reason: z.string().trim().min(1, 'must say why').max(500) });
export const assigneesSchema = z.object({ keyIds: keyIds.transform((ids) => [...new Set(ids)]) });

const threshold = z.number().min(0).max(1).nullable().optional();
export const policySchema: z.ZodType<Partial<ReviewPolicy>> = z.object({
  // Null turns these off; for the others it is the same as not being named.
  lowConfidenceBelow: threshold, contradictionBelow: threshold,
  unit: orNothing(z.enum(['SEGMENT', 'ANALYSIS'])), abstained: orNothing(z.boolean()), randomRate: orNothing(z.number().min(0).max(1)), maxItemsPerAnalysis: orNothing(z.number().int().min(0).max(1000)),
  requiredCount: orNothing(requiredCount), isBlind: orNothing(z.boolean()), claimMinutes: orNothing(z.number().int().min(1).max(7 * 24 * 60)),
}).transform((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<ReviewPolicy>);

/** The label as it is stored. One that the model has is the model's, however it was given. BAD_INPUT with the nearest name. */
export function labelOf({ label, freeLabel }: { readonly label: string | null; readonly freeLabel: string | null }, labels: readonly string[]): { readonly label: string; readonly isFreeLabel: boolean } {
  const given = (label ?? freeLabel)!;
  const known = labels.find((one) => one.toLowerCase() === given.toLowerCase());
  if (known !== undefined) return { label: known, isFreeLabel: false };
  if (label === null) return { label: given, isFreeLabel: true };
  const near = nearestName(given, labels);
  throw new UndertoneError('BAD_INPUT', `The model has no such label${near === null ? '' : `; did you mean "${near}"?`} It has ${labels.join(', ')}. A label of your own is given as freeLabel.`, { field: 'label' });
}
