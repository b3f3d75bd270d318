import type { AnalysisRepository } from '../db/repositories.js';
import { UndertoneError } from '../domain/errors.js';
import { decodeFrameTrack, mergeFrameTracks, type FrameTrack } from '../domain/frame-track.js';
import type { AnalysisRecord } from '../domain/records.js';
import { binTimeline, contributions } from '../domain/timeline.js';
import type { BlobStore } from '../storage/blob-store.js';
import { requireScope } from './permissions.js';
import type { TimelineColumns, TimelineOptions, TimelineService } from './service-contracts.js';

/** Tracks kept in memory; one hour is 2 to 6 MB, and a page asks for the same one many times in a row. */
const CACHED_TRACKS = 8;
/** Answers kept: the default bins of a one-hour analysis cost more to bin and round than to look up. */
const CACHED_TIMELINES = 32;

export interface TimelineServiceParts {
  readonly analyses: AnalysisRepository;
  readonly blobs: Pick<BlobStore, 'readAll'>;
}

export function createTimelineService({ analyses, blobs }: TimelineServiceParts): TimelineService {
  const tracks = recentlyUsed<FrameTrack>(CACHED_TRACKS);
  const timelines = recentlyUsed<TimelineColumns>(CACHED_TIMELINES);

  /** Tracks are written once under a key that is never reused, so a cached one cannot be stale. */
  async function trackOf(key: string): Promise<FrameTrack> {
    const cached = tracks.get(key);
    if (cached !== undefined) return cached;
    return tracks.set(key, decodeFrameTrack(await blobs.readAll(key)));
  }

  /** Of the windows that are finished so far; grows, so it is not kept. Nobody is told apart yet, so a speaker has none. */
  async function partialTimeline(analysis: AnalysisRecord, options: TimelineOptions): Promise<TimelineColumns> {
    const parts = analysis.status === 'RUNNING' ? await analyses.partialTracks(analysis.workspaceId, analysis.id) : [];
    const track = mergeFrameTracks(parts.map(decodeFrameTrack));
    if (track === null || options.speakerId !== null) return { binSeconds: options.binSeconds, labels: analysis.modelLabels, startSeconds: [], values: analysis.modelLabels.map(() => []) };
    return binTimeline(track, endOf(track), { ...options, speaker: null });
  }

  return {
    async timeline(principal, analysis, options) {
      requireScope(principal, 'analyses:read');
      if (analysis.trackKey === null) return partialTimeline(analysis, options);
      const cacheKey = JSON.stringify([analysis.trackKey, options]);
      const cached = timelines.get(cacheKey);
      if (cached !== undefined) return cached;
      const speaker = options.speakerId === null ? null : (await analyses.speakers(analysis.workspaceId, [analysis.id])).find((one) => one.id === options.speakerId)?.key;
      if (speaker === undefined) throw new UndertoneError('BAD_INPUT', `This analysis has no speaker ${options.speakerId!.slice(0, 64)}.`, { field: 'speaker' });
      const track = await trackOf(analysis.trackKey);
      return timelines.set(cacheKey, binTimeline(track, endOf(track), { ...options, speaker }));
    },

    async contributions(principal, segment, options) {
      requireScope(principal, 'analyses:read');
      const analysis = await analyses.findById(principal.workspaceId, segment.analysisId);
      if (analysis?.trackKey == null || segment.prediction === null) return [];
      const track = await trackOf(analysis.trackKey);
      const block = track.blocks.find((one) => one.segmentIndex === segment.index);
      return block === undefined ? [] : contributions(track, block, options.label ?? segment.prediction.label, options.binSeconds);
    },
  };
}

const endOf = (track: FrameTrack): number => track.blocks.reduce((end, block) => Math.max(end, block.endSeconds), 0);

/** A map that forgets what was used longest ago. */
function recentlyUsed<T>(size: number): { get(key: string): T | undefined; set(key: string, value: T): T } {
  const entries = new Map<string, T>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      entries.set(key, value);
      if (entries.size > size) entries.delete(entries.keys().next().value!);
      return value;
    },
  };
}
