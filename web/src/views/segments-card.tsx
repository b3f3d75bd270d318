import { useMemo, useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import type { Segments } from '../hooks/use-segments.js';
import { usePlayerValue } from '../hooks/use-player.js';
import type { Player } from '../player.js';
import { ENQUEUE_REVIEW } from '../review-documents.js';
import type { Segment } from '../types.js';
import { isGated, speakerWord } from '../words.js';
import { SegmentRow } from './segment-row.js';
import { SimilarPanel } from './similar-panel.js';

const ROWS_AT_ONCE = 50;

interface Props {
  readonly api: Api;
  readonly player: Player;
  readonly recordingId: string;
  readonly segments: Segments;
  readonly labels: readonly string[];
  /** True while more is to come. */
  readonly isPartial: boolean;
  readonly canReview: boolean;
  /** Something is said of a segment that the list shows. */
  readonly onChange: () => void;
}

/** What a filter shows: `label:happy`, `speaker:ID`, `unsure`, `gated` or `all`. */
function passes(segment: Segment, filter: string): boolean {
  if (filter === 'all') return true;
  if (filter.startsWith('speaker:')) return filter === `speaker:${segment.speaker?.id ?? ''}`;
  if (isGated(segment.gate)) return filter === 'gated';
  if (segment.prediction.abstained) return filter === 'unsure';
  return filter === `label:${segment.prediction.label}`;
}

export function SegmentsCard({ api, player, recordingId, segments, labels, isPartial, canReview, onChange }: Props) {
  const { rows, totalCount } = segments;
  const [filter, setFilter] = useState('all');
  const [shownCount, setShownCount] = useState(ROWS_AT_ONCE);
  const [compared, setCompared] = useState<Segment | null>(null);
  const activeId = usePlayerValue(player, ({ timeSeconds, isPlaying }) => (
    isPlaying || timeSeconds > 0 ? (rows.find((row) => row.startSeconds <= timeSeconds && timeSeconds < row.endSeconds)?.id ?? null) : null
  ));
  const [problem, setProblem] = useState<string | null>(null);
  const sendToReview = async (segmentId: string): Promise<void> => {
    try {
      setProblem((await api.run(ENQUEUE_REVIEW, { input: { segmentId } })).enqueueReview.message ?? null);
      onChange();
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  const filtered = useMemo(() => rows.filter((row) => passes(row, filter)), [rows, filter]);
  const choices = labels.filter((label) => rows.some((row) => passes(row, `label:${label}`)));
  const voices = new Map(rows.flatMap(({ speaker }) => (speaker ? [[speaker.id, speaker] as const] : [])));
  const hasSpeakers = rows.some((row) => row.speaker !== null);
  const hasText = rows.some((row) => row.text !== null && row.text !== '');
  return (
    <section class={compared ? 'segments segments--compared' : 'segments'} aria-labelledby="segments-title">
      <div class="card segments-card">
        <div class="card-head">
          <h2 class="card-title" id="segments-title">{isPartial ? 'Segments so far' : 'Segments'} <span class="muted">{totalCount}</span></h2>
          {rows.length > 1 && (
            <label class="inline-field">
              <span class="small muted">Show</span>
              <select class="input input--small" value={filter} onChange={(event) => setFilter(event.currentTarget.value)}>
                <option value="all">all</option>
                {choices.map((label) => <option key={label} value={`label:${label}`}>{label}</option>)}
                {voices.size > 1 && [...voices.values()].map((speaker) => <option key={speaker.id} value={`speaker:${speaker.id}`}>{speakerWord(speaker)}</option>)}
                {rows.some((row) => passes(row, 'unsure')) && <option value="unsure">not sure</option>}
                {rows.some((row) => passes(row, 'gated')) && <option value="gated">not judged</option>}
              </select>
            </label>
          )}
        </div>
        {problem !== null && <p class="small field-problem" role="alert">{problem}</p>}
        {rows.length === 0 ? <p class="muted">No speech was found, so there is nothing to list.</p> : (
          <div class="table-scroll" role="region" aria-labelledby="segments-title" tabIndex={0}>
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">Time</th>
                  <th scope="col">Expressed</th>
                  <th scope="col">Confidence</th>
                  {hasSpeakers && <th scope="col">Speaker</th>}
                  {hasText && <th scope="col">Words</th>}
                  <th scope="col"><span class="visually-hidden">Compare</span></th>
                </tr>
              </thead>
              <tbody>
                {filtered.slice(0, shownCount).map((segment) => (
                  <SegmentRow
                    key={segment.id} segment={segment} labels={labels} isActive={segment.id === activeId} isCompared={segment.id === compared?.id} hasSpeakers={hasSpeakers} hasText={hasText}
                    onPlay={() => player.playStretch(segment.startSeconds, segment.endSeconds)} onCompare={isPartial ? null : () => setCompared(segment)}
                    onReview={isPartial || !canReview ? null : () => void sendToReview(segment.id)}
                  />
                ))}
              </tbody>
            </table>
          </div>
        )}
        {filtered.length > shownCount && <button type="button" class="button button--wide" onClick={() => setShownCount((count) => count + ROWS_AT_ONCE)}>Show {Math.min(ROWS_AT_ONCE, filtered.length - shownCount)} more</button>}
        {totalCount > rows.length && <p class="small muted">The first {rows.length} of {totalCount} are here; the API has them all.</p>}
      </div>
      {compared && <SimilarPanel api={api} player={player} recordingId={recordingId} segment={compared} labels={labels} onClose={() => setCompared(null)} />}
    </section>
  );
}
