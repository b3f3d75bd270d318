import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RecordingRepository } from '../db/repositories.js';
import { UndertoneError } from '../domain/errors.js';
import { checkLabels, ManifestError, manifestWarnings, mappedVotes, readManifest, type ManifestItem } from '../domain/evaluation-manifest.js';
import type { EvaluationItemRecord, EvaluationSetRecord } from '../domain/evaluation-records.js';
import type { RecordingRecord } from '../domain/records.js';
import { parseWith } from './recording-input.js';

/** A label that a person gave to a recording. */
export interface ResolvedReview {
  readonly recordingId: string;
  readonly label: string;
  /** How many people gave which label. */
  readonly votes?: Readonly<Record<string, number>>;
}

/** What human review offers to evaluation: what people have decided, the newest decision of each recording. */
export interface ResolvedReviews {
  listResolved(workspaceId: string, range: { readonly after: Date | null; readonly before: Date | null }): Promise<readonly ResolvedReview[]>;
}

const MAX_ITEMS = 20_000;
const text = (most: number) => z.string().trim().min(1).max(most).nullish().transform((value) => value ?? null);
const votesSchema = z.array(z.object({ label: z.string().min(1).max(64), count: z.number().min(0) })).max(64).nullish()
  .transform((votes) => (votes == null || votes.every(({ count }) => count === 0) ? null : Object.fromEntries(votes.map(({ label, count }) => [label, count]))));
const itemSchema = z.object({
  recordingId: z.string().min(1).max(64), label: z.string().trim().min(1).max(64), speaker: text(200), split: text(64), language: text(35), gender: text(32), channel: text(64), quality: text(64), votes: votesSchema,
});
const inputSchema = z.object({
  name: z.string().trim().min(1).max(100),
  model: text(64),
  items: z.array(itemSchema).max(MAX_ITEMS).nullish(),
  csv: z.string().max(20_000_000).nullish(),
  reviews: z.object({ after: z.date().nullish(), before: z.date().nullish() }).nullish(),
  labels: z.array(z.object({ from: z.string().min(1).max(64), to: z.string().min(1).max(64) })).max(200).nullish(),
  scheduled: z.boolean().nullish(),
}).refine(({ items, csv, reviews }) => [items, csv, reviews].filter((one) => one != null).length === 1, { message: 'give exactly one of items, csv and reviews', path: ['items'] });

/** As it comes from a caller; checked by `parseSetInput`. */
export type EvaluationSetInput = z.input<typeof inputSchema>;
export type ParsedSetInput = z.infer<typeof inputSchema>;

export function parseSetInput(input: EvaluationSetInput): ParsedSetInput {
  return parseWith(inputSchema, input);
}

type CheckedSet = Pick<EvaluationSetRecord, 'version' | 'itemCount' | 'labelMapping' | 'warnings'> & { readonly items: readonly EvaluationItemRecord[] };

/** Everything that can be wrong with a set, at once. BAD_INPUT. */
export async function checkSet(workspaceId: string, input: ParsedSetInput, modelLabels: readonly string[], parts: { readonly recordings: Pick<RecordingRepository, 'findByIds'>; readonly reviews: ResolvedReviews | null }): Promise<CheckedSet> {
  const labelMapping = Object.fromEntries((input.labels ?? []).map(({ from, to }) => [from, to]));
  const given = await itemsOf(workspaceId, input, labelMapping, parts.reviews);
  if (given.length === 0) throw refused(['there are no items']);
  if (given.length > MAX_ITEMS) throw refused([`${given.length} items; at most ${MAX_ITEMS} are allowed`]);
  const found = new Map<string, RecordingRecord>();
  for (let at = 0; at < given.length; at += 1000) for (const recording of await parts.recordings.findByIds(workspaceId, given.slice(at, at + 1000).map(({ path }) => path))) found.set(recording.id, recording);
  const problems = given.filter(({ path }) => !found.has(path)).map(({ line, path }) => `item ${line}: there is no recording ${path.slice(0, 64)}`);
  // The same bytes are one recording here, so the same recording twice is all that there can be of duplicates.
  const first = new Map<string, ManifestItem>();
  for (const item of given) {
    const before = first.get(item.path);
    if (before === undefined) first.set(item.path, item);
    else problems.push(`item ${item.line}: has the same content as item ${before.line}${before.label === item.label ? '' : `, with another label (${before.label})`}`);
  }
  const { known, unknown } = checkLabels(given, modelLabels);
  if (known.length === 0) problems.push(...unknown.map(({ label, suggestion }) => `the model has no label ${label}${suggestion === null ? '' : `; did you mean ${suggestion}?`}`), `it has ${modelLabels.join(', ')}; map others with labels: [{from, to}]`);
  if (problems.length > 0) throw refused(problems);
  const items = given.map(({ path, label, speaker, split, language, gender, channel, quality, votes }, index): EvaluationItemRecord =>
    ({ index, recordingId: path, label, speaker, split, language: language ?? found.get(path)!.language, gender, channel, quality, votes }));
  const content = items.map(({ index: _index, recordingId, ...rest }) => [found.get(recordingId)!.sha256, ...Object.values(rest)]);
  return {
    items, labelMapping, itemCount: items.length,
    version: createHash('sha256').update(JSON.stringify([content, Object.entries(labelMapping).sort()])).digest('hex').slice(0, 16),
    warnings: [
      ...unknown.map(({ label, count, suggestion }) => `${count} items are labelled “${label}”, which the model does not know${suggestion === null ? '' : ` (nearest: “${suggestion}”)`}: they are left out of its figures`),
      ...manifestWarnings(given, known),
    ],
  };
}

async function itemsOf(workspaceId: string, input: ParsedSetInput, labelMapping: Readonly<Record<string, string>>, reviews: ResolvedReviews | null): Promise<readonly ManifestItem[]> {
  if (input.csv != null) return readCsv(input.csv, labelMapping);
  const plain = input.items ?? (await reviewed(workspaceId, input.reviews!, reviews));
  return plain.map(({ recordingId, ...item }, index): ManifestItem => ({ ...item, line: index + 1, path: recordingId, label: labelMapping[item.label] ?? item.label, votes: mappedVotes(item.votes, labelMapping), columns: {} }));
}

function readCsv(csv: string, labels: Readonly<Record<string, string>>): readonly ManifestItem[] {
  try {
    return readManifest(csv, { labels }).items;
  } catch (error) {
    if (error instanceof ManifestError) throw refused(error.problems);
    throw error;
  }
}

async function reviewed(workspaceId: string, range: NonNullable<ParsedSetInput['reviews']>, reviews: ResolvedReviews | null): Promise<NonNullable<ParsedSetInput['items']>> {
  if (reviews === null) throw new UndertoneError('BAD_INPUT', 'This platform has no human review to take labels from. Give items or csv.', { field: 'reviews' });
  const resolved = await reviews.listResolved(workspaceId, { after: range.after ?? null, before: range.before ?? null });
  return resolved.map((review) => ({ ...review, speaker: null, split: null, language: null, gender: null, channel: null, quality: null, votes: Object.keys(review.votes ?? {}).length > 1 ? review.votes! : null }));
}

const MOST_PROBLEMS = 20;

function refused(problems: readonly string[]): UndertoneError {
  const rest = problems.length > MOST_PROBLEMS ? [`… and ${problems.length - MOST_PROBLEMS} more`] : [];
  return new UndertoneError('BAD_INPUT', `The evaluation set cannot be used: ${[...problems.slice(0, MOST_PROBLEMS), ...rest].join('; ')}.`, { field: 'items' });
}
