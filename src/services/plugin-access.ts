import { z } from 'zod';
import type { AnalysisRepository, PluginRepository, RecordingRepository } from '../db/repositories.js';
import { UndertoneError } from '../domain/errors.js';
import type { SegmentRecord } from '../domain/records.js';
import { inWorkspace } from '../domain/workspace-scope.js';
import type { PluginData, PluginStore } from '../plugins/contract.js';
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

export function createPluginData(sources: { readonly recordings: RecordingRepository; readonly analyses: AnalysisRepository; readonly entries: PluginRepository }, plugin: string): PluginData {
  const { recordings, analyses, entries } = sources;
  return {
    recording: (workspaceId, id) => inWorkspace(workspaceId, () => recordings.findById(workspaceId, id)),
    analysis: (workspaceId, id) => inWorkspace(workspaceId, () => analyses.findById(workspaceId, id)),
    segments: (workspaceId, analysisId) => inWorkspace(workspaceId, () => allSegments(analyses, workspaceId, analysisId)),
    speakers: (workspaceId, analysisId) => inWorkspace(workspaceId, () => analyses.speakers(workspaceId, [analysisId])),
    result: (workspaceId, analysisId, key) => inWorkspace(workspaceId, () => entries.findResult(workspaceId, analysisId, plugin, key)),
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
