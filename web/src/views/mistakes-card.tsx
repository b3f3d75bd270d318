import { useEffect, useRef, useState } from 'preact/hooks';
import type { Mistake } from '../evaluation-types.js';
import { formatShare } from '../format.js';
import { recordingHref } from '../hooks/use-route.js';
import { Player } from '../player.js';
import { Icon } from './icon.js';
import { ToneLabel } from './tone-label.js';

/** Where the model was surest and wrong: the quickest way to hear what it does not understand. */
export function MistakesCard({ mistakes, labels }: { readonly mistakes: readonly Mistake[]; readonly labels: readonly string[] }) {
  const player = useRef<Player | null>(null);
  const [heard, setHeard] = useState<string | null>(null);
  useEffect(() => () => player.current?.close(), []);
  const hear = ({ recordingId, audioUrl }: Mistake): void => {
    player.current?.close();
    player.current = null;
    setHeard(heard === recordingId ? null : recordingId);
    if (heard === recordingId) return;
    player.current = new Player(audioUrl, () => Promise.resolve(null));
    player.current.toggle();
  };
  return (
    <section class="card stack" aria-labelledby="mistakes-title">
      <h2 class="card-title" id="mistakes-title">Surest mistakes <span class="muted">{mistakes.length}</span></h2>
      {mistakes.length === 0 ? <p class="muted">There is none.</p> : (
        <ol class="mistakes">
          {mistakes.map((mistake) => (
            <li key={mistake.recordingId} class={heard === mistake.recordingId ? 'match match--heard' : 'match'}>
              <button type="button" class="match-play" aria-pressed={heard === mistake.recordingId} aria-label={`Listen: ${mistake.truth} heard as ${mistake.answered}`} onClick={() => hear(mistake)}><Icon name={heard === mistake.recordingId ? 'pause' : 'play'} /></button>
              <span class="match-words">
                <span class="match-facts"><ToneLabel label={mistake.truth} labels={labels} /> <span>heard as</span> <ToneLabel label={mistake.answered} labels={labels} /></span>
                <a class="small" href={recordingHref(mistake.recordingId)}>the recording</a>
              </span>
              <span class="match-share"><strong>{formatShare(mistake.confidence)}</strong><span class="small muted">sure</span></span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
