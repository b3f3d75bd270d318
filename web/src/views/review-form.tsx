import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../api.js';
import { AUDIO_URL } from '../documents.js';
import { formatTime } from '../format.js';
import { usePlayerValue } from '../hooks/use-player.js';
import { Player } from '../player.js';
import type { ReviewItem } from '../review-types.js';
import { Icon } from './icon.js';
import { ToneLabel } from './tone-label.js';

interface Props {
  readonly api: Api;
  readonly item: ReviewItem;
  readonly onAnswer: (given: { readonly label?: string; readonly freeLabel?: string; readonly note?: string; readonly spentSeconds: number }) => void;
  readonly onSkip: () => void;
  readonly onRelease: () => void;
}

export function ReviewForm(props: Props) {
  const { api, item } = props;
  const [player, setPlayer] = useState<Player | null>(null);
  useEffect(() => {
    const made = new Player(item.audioUrl, async () => (await api.run(AUDIO_URL, { id: item.recordingId })).recording?.audioUrl ?? null);
    setPlayer(made);
    return () => made.close();
  }, [api, item.id]);
  return player && <Answering {...props} player={player} />;
}

/**
 * Listening and answering by keyboard: space plays, a digit answers. The keys hold only while the focus is in here and not in a
 * text field, so that they take nothing from the browser or a screen reader.
 */
function Answering({ item, player, onAnswer, onSkip, onRelease }: Props & { readonly player: Player }) {
  const [note, setNote] = useState('');
  const [freeLabel, setFreeLabel] = useState('');
  const card = useRef<HTMLElement>(null);
  const openedAt = useRef(performance.now());
  const isPlaying = usePlayerValue(player, (each) => each.isPlaying);
  const clock = usePlayerValue(player, (each) => formatTime(Math.max(0, each.timeSeconds - item.startSeconds), 1));
  const problem = usePlayerValue(player, (each) => each.problem);
  useEffect(() => card.current?.focus(), []);
  const play = (): void => {
    if (player.isPlaying) player.pause();
    else player.playStretch(item.startSeconds, item.endSeconds);
  };
  const send = (said: { readonly label?: string; readonly freeLabel?: string }): void => {
    player.pause();
    onAnswer({ ...said, ...(note.trim() === '' ? {} : { note: note.trim() }), spentSeconds: (performance.now() - openedAt.current) / 1000 });
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).closest('input, button, a') !== null && event.key === ' ') return;
    if ((event.target as Element).closest('input') !== null) return;
    const label = item.labels[Number(event.key) - 1];
    if (event.key === ' ') play();
    else if (label !== undefined) send({ label });
    else return;
    event.preventDefault();
  };
  return (
    <section class="card stack review" aria-labelledby="hear-title" ref={card} tabIndex={-1} onKeyDown={press}>
      <h2 class="card-title" id="hear-title">What do you hear?</h2>
      <div class="form-row review-player">
        <button type="button" class="play" aria-label={isPlaying ? 'Pause' : 'Play the stretch'} onClick={play}><Icon name={isPlaying ? 'pause' : 'play'} /></button>
        <p><strong>{clock}</strong> <span class="muted">/ {formatTime(item.endSeconds - item.startSeconds, 1)}</span></p>
      </div>
      {problem !== null && <p class="small field-problem" role="alert">{problem}</p>}
      <ol class="answers" aria-label="Answers">
        {item.labels.map((label, index) => (
          <li key={label}><button type="button" class="button answer" onClick={() => send({ label })}><ToneLabel label={label} labels={item.labels} />{index < 9 && <kbd>{index + 1}</kbd>}</button></li>
        ))}
      </ol>
      <div class="form-row">
        <label class="field"><span class="field-label">Note</span><input class="input" value={note} onInput={(event) => setNote(event.currentTarget.value)} /></label>
        <form class="form-row" onSubmit={(event) => {
          event.preventDefault();
          if (freeLabel.trim() !== '') send({ freeLabel: freeLabel.trim() });
        }}>
          <label class="field"><span class="field-label">Something else</span><input class="input" maxLength={64} value={freeLabel} onInput={(event) => setFreeLabel(event.currentTarget.value)} /></label>
          <button type="submit" class="button" disabled={freeLabel.trim() === ''}>Say this</button>
        </form>
      </div>
      <div class="form-row">
        <button type="button" class="button" onClick={onSkip}>Leave it to others</button>
        <button type="button" class="button button--quiet" onClick={onRelease}>Give it back</button>
        <p class="small muted">While this is in focus: space plays, a digit answers.</p>
      </div>
    </section>
  );
}
