import type { LegalStatement } from './law/judge.js';

/** Kinds of data that are counted: originals, frame tracks, vectors, and rows of results. */
export const USAGE_KINDS = ['audio', 'tracks', 'embeddings', 'results'] as const;
export type UsageKind = (typeof USAGE_KINDS)[number];

export interface UsageOfKind {
  readonly kind: UsageKind;
  readonly byteLength: number;
  readonly itemCount: number;
}

export interface UsageSnapshot extends UsageOfKind {
  /** Midnight UTC of the day. */
  readonly day: Date;
}

export interface WorkspaceRecord {
  readonly id: string;
  readonly name: string;
  /** Bytes of uploaded audio that it may keep; null: as many as the disk takes. */
  readonly maxStoredBytes: number | null;
  readonly createdAt: Date;
  readonly law: WorkspaceLaw;
}

/** What a workspace states of its law, and whether the operator has put a prohibition aside. */
export interface WorkspaceLaw extends LegalStatement {
  readonly overrideReason: string | null;
  readonly overriddenAt: Date | null;
}

export const NO_STATEMENT: WorkspaceLaw = { purpose: null, jurisdiction: null, legalBasis: null, speakerRole: 'unknown', overrideReason: null, overriddenAt: null };

/** Columns over the days that were measured, oldest first; a kind that had nothing is 0. */
export interface UsageHistory {
  readonly days: readonly Date[];
  readonly byteLengths: readonly { readonly kind: UsageKind; readonly values: readonly number[] }[];
}

export function usageHistory(snapshots: readonly UsageSnapshot[]): UsageHistory {
  const times = [...new Set(snapshots.map(({ day }) => day.getTime()))].sort((a, b) => a - b);
  const position = new Map(times.map((time, index) => [time, index]));
  return {
    days: times.map((time) => new Date(time)),
    byteLengths: USAGE_KINDS.map((kind) => {
      const values = new Array<number>(times.length).fill(0);
      for (const snapshot of snapshots) if (snapshot.kind === kind) values[position.get(snapshot.day.getTime())!] = snapshot.byteLength;
      return { kind, values };
    }),
  };
}

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, KIB: 1024, MIB: 1024 ** 2, GIB: 1024 ** 3, TIB: 1024 ** 4 };

/** `500 MB`, `2GiB`, `1000000` → bytes; null when it is none of these. */
export function parseByteLength(text: string): number | null {
  const [, digits, unit = 'B'] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)?\s*$/i.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (digits === undefined || factor === undefined) return null;
  const bytes = Math.round(Number(digits) * factor);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

export function formatByteLength(bytes: number): string {
  const [unit, factor] = ([['TB', 1e12], ['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const).find(([, least]) => bytes >= least) ?? ['B', 1];
  return `${unit === 'B' ? bytes : (bytes / factor).toFixed(1)} ${unit}`;
}
