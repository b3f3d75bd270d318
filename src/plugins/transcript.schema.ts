import { z } from 'zod';
import { CONTRADICTION_KINDS, WORD_FEELINGS, type Transcript } from '../domain/transcript.js';

/** A day of fast speech. */
const MAX_WORDS = 500_000;
/** Flags and readings that are kept of one recording. */
const MAX_READINGS = 50_000;

const fraction = z.number().min(0).max(1);
const seconds = z.number().min(0).max(31_536_000);
const segmentIndex = z.number().int().min(0);

const word = z.object({ text: z.string().max(1000), startSeconds: seconds, endSeconds: seconds, confidence: fraction.nullable(), speaker: z.string().max(200).nullable(), segmentIndex: segmentIndex.nullable() });
const evidence = z.object({ text: z.string().max(1000), startSeconds: seconds, endSeconds: seconds, feeling: z.enum(WORD_FEELINGS), weight: fraction, negated: z.boolean() });
const contradiction = z.object({
  kind: z.enum(CONTRADICTION_KINDS), segmentIndex, startSeconds: seconds, endSeconds: seconds, speaker: z.string().max(200).nullable(), agreement: fraction,
  voice: z.object({ label: z.string().max(200), confidence: fraction, scores: z.record(z.string(), z.number()) }), words: z.array(evidence).max(20),
});
const reading = z.object({ segmentIndex, valence: z.number().min(-1).max(1), feelings: z.partialRecord(z.enum(WORD_FEELINGS), z.number().min(0).max(1.001)), strength: fraction, agreement: fraction.nullable() });
const crossCheck = z.object({
  lexicon: z.string().max(1000), language: z.string().max(40).nullable(), reason: z.string().max(1000).nullable(), agreement: fraction.nullable(), readings: z.array(reading).max(MAX_READINGS), contradictions: z.array(contradiction).max(MAX_READINGS),
});

/** What a step may leave as a transcript: from a plugin in plain JavaScript anything may come. */
export const transcriptSchema = z.object({
  source: z.literal('engine'), engine: z.string().min(1).max(200), engineDigest: z.string().max(200).nullable(), language: z.string().max(40).nullable(), words: z.array(word).max(MAX_WORDS), crossCheck: crossCheck.nullable(),
}) as unknown as z.ZodType<Transcript>;
