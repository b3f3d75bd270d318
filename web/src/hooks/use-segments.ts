import { useEffect } from 'preact/hooks';
import type { Api } from '../api.js';
import { SEGMENTS } from '../documents.js';
import type { Segment } from '../types.js';
import { useLoaded, type Loaded } from './use-loaded.js';

const PAGE_SIZE = 100;
const MOST_PAGES = 30;

export interface Segments { readonly rows: readonly Segment[]; readonly totalCount: number }

/**
 * All segments of an analysis (the waveform is coloured by them), page by page; 3,000 at most, which is some ten hours
 * of talk. `totalCount` says how many there are. A new `round` asks again and keeps what is shown until then.
 */
export function useSegments(api: Api, analysisId: string | null, round: number): Loaded<Segments> {
  const [loaded, reload] = useLoaded(analysisId ?? '', async (signal) => {
    const rows: Segment[] = [];
    let totalCount = 0;
    let after: string | undefined;
    for (let page = 0; analysisId !== null && page < MOST_PAGES; page++) {
      const { analysis } = await api.run(SEGMENTS, { id: analysisId, first: PAGE_SIZE, after }, signal);
      if (!analysis) break;
      rows.push(...analysis.segments.nodes);
      totalCount = analysis.segments.totalCount;
      after = analysis.segments.pageInfo.endCursor ?? undefined;
      if (!analysis.segments.pageInfo.hasNextPage) break;
    }
    return { rows, totalCount };
  });
  useEffect(() => {
    if (round > 0) reload();
  }, [round]);
  return loaded;
}
