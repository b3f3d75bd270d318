import { z } from 'zod';
import { labelFromToken } from '../domain/emotion.js';
import { UndertoneError } from '../domain/errors.js';

/** What `result.json` (or `result_frame.json`) of an outputs folder says. */
export interface OutputsResult {
  /** Highest score; null where the page had nothing to judge. */
  readonly label: string | null;
  /** 0 to 1, as the file has it. */
  readonly confidence: number;
  /** By plain label, in the file's order, adding up to 1. */
  readonly scores: Readonly<Record<string, number>>;
}

const score = z.number().min(0).max(100);
const schema = z.object({ emotion: z.string().min(1).max(100), confidence: score, scores: z.record(z.string().min(1).max(100), score) });

/** Rounded to three digits, nine scores may miss 1 by this much. */
const TOLERANCE = 0.02;

/**
 * Checks the file and brings its labels and scores into one form: labels such as \`生气/angry\`, and percentages, are both
 * met in the field. BAD_INPUT naming what does not fit.
 */
export function parseOutputsResult(value: unknown): OutputsResult {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw refused(`"${issue.path.join('.') || 'the file'}": ${issue.message}`);
  }
  const entries = Object.entries(parsed.data.scores).map(([token, one]): [string, number] => [labelFromToken(token), one]);
  const scores = Object.fromEntries(entries);
  if (Object.keys(scores).length !== entries.length) throw refused('two of its scores have the same label');
  const sum = entries.reduce((total, [, one]) => total + one, 0);
  if (sum === 0) return { label: null, confidence: 0, scores };
  const scale = Math.abs(sum - 100) <= 100 * TOLERANCE ? 100 : 1;
  if (Math.abs(sum / scale - 1) > TOLERANCE) throw refused(`its scores add up to ${sum.toFixed(3)}, not to 1 (or 100)`);
  const label = labelFromToken(parsed.data.emotion);
  const own = scores[label];
  if (own === undefined) throw refused(`it names "${label.slice(0, 40)}", which has no score`);
  const highest = Math.max(...Object.values(scores));
  if (own < highest) throw refused(`it names "${label.slice(0, 40)}" (${own}), but the highest score is ${highest}`);
  return { label, confidence: Math.min(1, parsed.data.confidence / (parsed.data.confidence > 1 ? 100 : 1)), scores: Object.fromEntries(entries.map(([name, one]) => [name, one / sum])) };
}

function refused(why: string): UndertoneError {
  return new UndertoneError('BAD_INPUT', `The result cannot be used: ${why}. Expected: emotion, confidence, and scores by label that add up to 1.`);
}
