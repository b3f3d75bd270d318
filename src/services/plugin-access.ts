import { z } from 'zod';
import type { AnalysisRepository, PluginRepository, RecordingRepository } from '../db/repositories.js';
import { UndertoneError } from '../domain/errors.js';
import type { SegmentRecord } from '../domain/records.js';
import { inWorkspace } from '../domain/workspace-scope.js';
import type { PluginData, PluginStore } from '../plugins/contract.js';
import type { ReadKind, ReadLog, ReadOf } from './read-log.js';
import { parseWith } from './recording-input.js';

const MAX_VALUE_BYTES = 256 * 1024;
const LIST_SIZE = 1000;
const SEGMENTS_AT_ONCE = 1000;
const entrySchema = z.object({ key: z.string().min(1).max(200), value: z.json() });

/** Rows of one plugin, of the workspace that it names: its listeners and tasks run for no workspace in particular. A value that is not JSON, or too much of it, is BAD_INPUT and changes nothing. */
export function createPluginStore(entries: PluginRepository, plugin: string): PluginStore {
  return {
    get: (workspaceId, key) => inWorkspace(workspaceId, () => entries.find(workspaceId, plugin, key)),
    async set(workspaceId, key, value) {
      const entry = parseWith(entrySchema, { key, value });
      const byteLength = Buffer.byteLength(JSON.stringify(entry.value));
      if (byteLength > MAX_VALUE_BYTES) throw new UndertoneError('BAD_INPUT', `The value has ${byteLength} bytes of JSON; a plugin may keep ${MAX_VALUE_BYTES} under one key. Split it over several keys.`, { field: 'value' });
      await inWorkspace(workspaceId, () => entries.put(workspaceId, plugin, entry.key, entry.value));
    },
    delete: (workspaceId, key) => inWorkspace(workspaceId, () => entries.delete(workspaceId, plugin, key)),
    list: (workspaceId, { prefix = '', after } = {}) => inWorkspace(workspaceId, () => entries.list(workspaceId, plugin, { prefix, after: after ?? null, first: LIST_SIZE })),
  };
}

export interface PluginDataSources {
  readonly recordings: RecordingRepository;
  readonly analyses: AnalysisRepository;
  readonly entries: PluginRepository;
  readonly reads: Pick<ReadLog, 'note'>;
}

/** What a plugin asks for by itself is in the audit log as read by `plugin:NAME`: nobody else knows that it was looked at. */
export function createPluginData({ recordings, analyses, entries, reads }: PluginDataSources, plugin: string): PluginData {
  const read = <T>(workspaceId: string, kind: ReadKind, of: ReadOf, answer: () => Promise<T>, isFound = (given: T): boolean => given !== null && given !== undefined): Promise<T> => inWorkspace(workspaceId, async () => {
    const given = await answer();
    if (isFound(given)) reads.note({ keyId: `plugin:${plugin}`, keyName: plugin, workspaceId, role: 'viewer' }, kind, of);
    return given;
  });
  const isAny = (given: readonly unknown[]): boolean => given.length > 0;
  return {
    recording: (workspaceId, id) => read(workspaceId, 'recording', { recordingIds: [id] }, () => recordings.findById(workspaceId, id)),
    analysis: (workspaceId, id) => read(workspaceId, 'analysis', { analysisIds: [id] }, () => analyses.findById(workspaceId, id)),
    segments: (workspaceId, id) => read(workspaceId, 'analysis', { analysisIds: [id] }, () => allSegments(analyses, workspaceId, id), isAny),
    speakers: (workspaceId, id) => read(workspaceId, 'analysis', { analysisIds: [id] }, () => analyses.speakers(workspaceId, [id]), isAny),
    result: (workspaceId, id, key) => read(workspaceId, 'analysis', { analysisIds: [id] }, () => entries.findResult(workspaceId, id, plugin, key)),
  };
}

/** Every segment of an analysis, in the order of time. */
export async function allSegments(analyses: Pick<AnalysisRepository, 'segments'>, workspaceId: string, analysisId: string): Promise<readonly SegmentRecord[]> {
  const segments: SegmentRecord[] = [];
  for (let after: string | null = null; ; ) {
    const page = await analyses.segments(workspaceId, analysisId, { first: SEGMENTS_AT_ONCE, after }, {});
    segments.push(...page.items);
    if (!page.hasNextPage) return segments;
    after = page.cursors.at(-1)!;
  }
}
