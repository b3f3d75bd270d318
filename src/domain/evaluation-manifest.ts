import { parseCsv } from './csv.js';
import { nearestName } from './nearest-name.js';
import { parseVotes } from './soft-labels.js';

/** What an evaluation knows of an item beside its recording, after mapping. */
export interface ItemFacts {
  readonly label: string;
  /** Null where the manifest has no speaker for it. */
  readonly speaker: string | null;
  readonly split: string | null;
  readonly language: string | null;
  readonly gender: string | null;
  readonly channel: string | null;
  readonly quality: string | null;
  /** Listeners' votes by label, mapped as labels are; null where none are given. */
  readonly votes: Readonly<Record<string, number>> | null;
}

/** One row of an evaluation manifest. */
export interface ManifestItem extends ItemFacts {
  readonly line: number;
  /** As written; relative to the data root. */
  readonly path: string;
  /** Every column by its name in the file, for grouping. */
  readonly columns: Readonly<Record<string, string>>;
}

export interface ManifestOptions {
  /** Role → column name, for files that name their columns otherwise (`label=emotion`). */
  readonly columns?: Readonly<Record<string, string>>;
  /** Label in the file → label of the model. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Only rows of this split. */
  readonly split?: string | null;
}

export interface Manifest {
  readonly items: readonly ManifestItem[];
  readonly header: readonly string[];
  /** Which column each role was read from. */
  readonly columnOf: Readonly<Record<ManifestRole, string | null>>;
  /** Things that make the figures doubtful but not impossible. */
  readonly warnings: readonly string[];
}

export const MANIFEST_ROLES = ['path', 'label', 'speaker', 'split', 'language', 'gender', 'channel', 'quality', 'votes'] as const;
export type ManifestRole = (typeof MANIFEST_ROLES)[number];

/** Names looked for when nothing is said, first match wins. */
const COLUMN_NAMES: Readonly<Record<ManifestRole, readonly string[]>> = {
  path: ['path', 'file', 'filename', 'file_name', 'audio', 'wav', 'recording', 'recording_id', 'recordingId'],
  label: ['label', 'emotion'],
  speaker: ['speaker', 'speaker_id', 'actor'],
  split: ['split', 'partition', 'set'],
  language: ['language', 'lang'],
  gender: ['gender', 'sex'],
  channel: ['channel', 'source'],
  quality: ['quality'],
  votes: ['votes'],
};

/** A manifest that cannot be used; `problems` has a sentence for each fault, at most twenty. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Reads and checks all that can be checked without the files themselves. Throws ManifestError with every fault at once. */
export function readManifest(text: string, options: ManifestOptions = {}): Manifest {
  const rows = parseRows(text);
  const header = rows[0]?.fields.map((name) => name.trim()) ?? [];
  const columnOf = resolveColumns(header, options.columns ?? {});
  if (options.split != null && columnOf.split === null) throw new ManifestError([`--split ${options.split} was asked for, but the manifest has no split column; its columns are: ${header.join(', ')}`]);
  const problems: string[] = [];
  const all: ManifestItem[] = [];
  for (const row of rows.slice(1)) {
    if (row.fields.length !== header.length) {
      problems.push(`line ${row.line}: ${row.fields.length} fields, but the header has ${header.length}`);
      continue;
    }
    const columns = Object.fromEntries(header.map((name, i) => [name, row.fields[i]!.trim()]));
    const item = itemOf(row.line, columns, columnOf, options.labels ?? {}, problems);
    if (item.path === '') problems.push(`line ${row.line}: the path is empty`);
    else if (item.label === '') problems.push(`line ${row.line}: the label is empty (${item.path})`);
    else all.push(item);
  }
  const items = options.split == null ? all : all.filter((item) => item.split === options.split);
  if (problems.length === 0 && items.length === 0) problems.push(nothingLeft(all, options.split ?? null));
  problems.push(...duplicatePaths(items));
  if (problems.length > 0) throw new ManifestError(limited(problems));
  return { items, header, columnOf, warnings: manifestWarnings(all, items) };
}

export interface LabelCheck {
  readonly known: readonly ManifestItem[];
  /** Label → how many items it excludes and what may have been meant. */
  readonly unknown: readonly { readonly label: string; readonly count: number; readonly suggestion: string | null }[];
}

/** Parts the items whose label the model has from those that it can never answer. */
export function checkLabels(items: readonly ManifestItem[], modelLabels: readonly string[]): LabelCheck {
  const unknown = new Map<string, number>();
  const known = items.filter((item) => {
    if (modelLabels.includes(item.label)) return true;
    unknown.set(item.label, (unknown.get(item.label) ?? 0) + 1);
    return false;
  });
  return { known, unknown: [...unknown].map(([label, count]) => ({ label, count, suggestion: nearestName(label, modelLabels) })) };
}

function parseRows(text: string): ReturnType<typeof parseCsv> {
  try {
    const rows = parseCsv(text);
    if (rows.length === 0) throw new ManifestError(['the manifest is empty: a header line with at least `path` and `label` is needed']);
    return rows;
  } catch (error) {
    if (error instanceof SyntaxError) throw new ManifestError([error.message]);
    throw error;
  }
}

function resolveColumns(header: readonly string[], wanted: Readonly<Record<string, string>>): Readonly<Record<ManifestRole, string | null>> {
  const problems: string[] = [];
  const doubled = header.filter((name, i) => header.indexOf(name) !== i);
  if (doubled.length > 0) problems.push(`the header names ${doubled.join(', ')} twice`);
  for (const role of Object.keys(wanted)) {
    if (!(role in COLUMN_NAMES)) problems.push(`--column ${role}=…: \`${role}\` is not a role; roles are ${Object.keys(COLUMN_NAMES).join(', ')}`);
  }
  const columnFor = (role: ManifestRole): string | null => {
    const named = wanted[role];
    if (named === undefined) return COLUMN_NAMES[role].find((name) => header.includes(name)) ?? null;
    if (header.includes(named)) return named;
    const near = nearestName(named, header);
    problems.push(`--column ${role}=${named}: no such column${near === null ? '' : `; did you mean \`${near}\`?`} (columns: ${header.join(', ')})`);
    return null;
  };
  const columnOf = Object.fromEntries(MANIFEST_ROLES.map((role) => [role, columnFor(role)])) as Readonly<Record<ManifestRole, string | null>>;
  for (const role of ['path', 'label'] as const) {
    if (columnOf[role] === null && wanted[role] === undefined) problems.push(`no ${role} column: looked for ${COLUMN_NAMES[role].join(', ')}; the manifest has ${header.join(', ')}. Say which with --column ${role}=NAME`);
  }
  if (problems.length > 0) throw new ManifestError(problems);
  return columnOf;
}

function itemOf(line: number, columns: Readonly<Record<string, string>>, columnOf: Readonly<Record<ManifestRole, string | null>>, labels: Readonly<Record<string, string>>, problems: string[]): ManifestItem {
  const read = (role: ManifestRole): string => (columnOf[role] === null ? '' : columns[columnOf[role]] ?? '');
  const label = read('label');
  return {
    line, path: read('path'), label: labels[label] ?? label, speaker: read('speaker') || null, split: read('split') || null, language: read('language') || null, gender: read('gender') || null,
    channel: read('channel') || null, quality: read('quality') || null, votes: votesOf(read('votes'), labels, line, problems), columns,
  };
}

function votesOf(text: string, labels: Readonly<Record<string, string>>, line: number, problems: string[]): ManifestItem['votes'] {
  try {
    return mappedVotes(parseVotes(text), labels);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    problems.push(`line ${line}: ${error.message}`);
    return null;
  }
}

/** Votes for labels that are mapped to one are added up. */
export function mappedVotes(votes: ManifestItem['votes'], labels: Readonly<Record<string, string>>): ManifestItem['votes'] {
  if (votes === null) return null;
  const mapped: Record<string, number> = {};
  for (const [label, count] of Object.entries(votes)) mapped[labels[label] ?? label] = (mapped[labels[label] ?? label] ?? 0) + count;
  return mapped;
}

function nothingLeft(all: readonly ManifestItem[], split: string | null): string {
  if (split === null) return 'the manifest has a header but no items';
  const splits = [...new Set(all.map((item) => item.split ?? '(empty)'))];
  const near = nearestName(split, splits);
  return `no item has split \`${split}\`${near === null ? '' : `; did you mean \`${near}\`?`} (splits: ${splits.join(', ')})`;
}

function duplicatePaths(items: readonly ManifestItem[]): readonly string[] {
  const first = new Map<string, ManifestItem>();
  const problems: string[] = [];
  for (const item of items) {
    const before = first.get(item.path);
    if (before === undefined) first.set(item.path, item);
    else problems.push(`line ${item.line}: ${item.path} is already on line ${before.line}${before.label === item.label ? '' : ` with another label (${before.label})`}`);
  }
  return problems;
}

const FEW_ITEMS = 20;
const FEW_PER_CLASS = 5;

/** What makes the figures of these items doubtful. `all`: with those of other splits. */
export function manifestWarnings(all: readonly ManifestItem[], items: readonly ManifestItem[]): readonly string[] {
  const warnings: string[] = [];
  if (items.length < FEW_ITEMS) warnings.push(`only ${items.length} items: the intervals will be wide (${FEW_ITEMS} or more are advised)`);
  const perClass = new Map<string, number>();
  for (const item of items) perClass.set(item.label, (perClass.get(item.label) ?? 0) + 1);
  const few = [...perClass].filter(([, count]) => count < FEW_PER_CLASS);
  if (few.length > 0) warnings.push(`fewer than ${FEW_PER_CLASS} items of ${few.map(([label, count]) => `${label} (${count})`).join(', ')}`);
  const without = items.filter((item) => item.speaker === null).length;
  if (without === items.length) warnings.push('no speakers are named: every item counts as a speaker of its own, so the intervals are too narrow');
  else if (without > 0) warnings.push(`${without} items name no speaker and count as speakers of their own`);
  const splitsOf = new Map<string, Set<string>>();
  for (const item of all) {
    if (item.speaker === null || item.split === null) continue;
    const splits = splitsOf.get(item.speaker) ?? new Set<string>();
    splitsOf.set(item.speaker, splits.add(item.split));
  }
  const shared = [...splitsOf].filter(([, splits]) => splits.size > 1).map(([speaker]) => speaker);
  if (shared.length > 0) warnings.push(`${shared.length} speakers occur in more than one split (${shared.slice(0, 3).join(', ')}${shared.length > 3 ? ', …' : ''}): a model trained on one split knows them`);
  return warnings;
}

const MOST_PROBLEMS = 20;

function limited(problems: readonly string[]): readonly string[] {
  return problems.length <= MOST_PROBLEMS ? problems : [...problems.slice(0, MOST_PROBLEMS), `… and ${problems.length - MOST_PROBLEMS} more`];
}
