import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../api.js';
import { SIMILAR } from '../documents.js';
import { formatNumber, formatStretch } from '../format.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { recordingHref } from '../hooks/use-route.js';
import { Player } from '../player.js';
import type { Segment, SimilarSegment } from '../types.js';
import { Icon } from './icon.js';
import { Notice } from './notice.js';
import { VerdictLabel } from './tone-label.js';

const HOW_MANY = 10;

interface Props {
  readonly api: Api;
  readonly player: Player;
  readonly recordingId: string;
  readonly segment: Segment;
  readonly labels: readonly string[];
  readonly onClose: () => void;
}

/** Stretches that sound alike, here and in other recordings. Those of others play in place, without leaving this one. */
export function SimilarPanel({ api, player, recordingId, segment, labels, onClose }: Props) {
  const [found, reload] = useLoaded(segment.id, async (signal) => (await api.run(SIMILAR, { segmentId: segment.id, first: HOW_MANY }, signal)).similarSegments);
  const title = useRef<HTMLHeadingElement>(null);
  const other = useRef<Player | null>(null);
  const [heardId, setHeardId] = useState<string | null>(null);
  useEffect(() => title.current?.focus(), [segment.id]);
  useEffect(() => () => other.current?.close(), []);

  const hear = ({ segment: stretch, recording }: SimilarSegment): void => {
    player.pause();
    other.current?.close();
    setHeardId(stretch.id);
    const chosen = recording.id === recordingId ? player : new Player(recording.audioUrl, () => Promise.resolve(null));
    other.current = chosen === player ? null : chosen;
    chosen.playStretch(stretch.startSeconds, stretch.endSeconds);
  };
  return (
    <aside class="card similar" aria-labelledby="similar-title">
      <div class="card-head">
        <h2 class="card-title" id="similar-title" tabIndex={-1} ref={title}>Sounds like {formatStretch(segment.startSeconds, segment.endSeconds)}</h2>
        <button type="button" class="icon-button" onClick={onClose} aria-label="Close the similar segments"><Icon name="close" /></button>
      </div>
      {found.kind === 'loading' && <p class="muted" role="status">Searching…</p>}
      {found.kind === 'failed' && <Notice tone="error" title="The search did not work" action={{ label: 'Try again', run: reload }}>{found.error.message}</Notice>}
      {found.kind === 'ready' && found.value.length === 0 && <p class="muted">Nothing to compare with yet. Segments of every recording analysed with the same model will show up here.</p>}
      {found.kind === 'ready' && (
        <ol class="matches">
          {found.value.map((match) => (
            <li key={match.segment.id} class={match.segment.id === heardId ? 'match match--heard' : 'match'}>
              <button type="button" class="match-play" onClick={() => hear(match)} aria-label={`Play ${formatStretch(match.segment.startSeconds, match.segment.endSeconds)} of ${match.recording.title ?? match.recording.fileName}`}><Icon name="play" /></button>
              <div class="match-words">
                <span class="match-facts"><strong>{formatStretch(match.segment.startSeconds, match.segment.endSeconds)}</strong> <VerdictLabel verdict={match.segment.prediction} labels={labels} /></span>
                {match.recording.id === recordingId
                  ? <span class="small muted">this recording</span>
                  : <a class="small clip" href={recordingHref(match.recording.id)}>{match.recording.title ?? match.recording.fileName}</a>}
              </div>
              <span class="match-share"><strong>{formatNumber(match.similarity, 2)}</strong><span class="small muted">similarity</span></span>
            </li>
          ))}
        </ol>
      )}
    </aside>
  );
}
