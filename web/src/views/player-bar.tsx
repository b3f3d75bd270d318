import { formatTime } from '../format.js';
import { usePlayerValue } from '../hooks/use-player.js';
import type { TimeWindowControl } from '../hooks/use-time-window.js';
import type { Player } from '../player.js';
import { Icon } from './icon.js';

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2] as const;

interface Props {
  readonly player: Player;
  readonly durationSeconds: number;
  readonly control: TimeWindowControl;
}

export function PlayerBar({ player, durationSeconds, control }: Props) {
  const isPlaying = usePlayerValue(player, (each) => each.isPlaying);
  const clock = usePlayerValue(player, (each) => formatTime(each.timeSeconds, 1));
  const speed = usePlayerValue(player, (each) => each.audio.playbackRate);
  const problem = usePlayerValue(player, (each) => each.problem);
  return (
    <>
      <div class="player">
        <button type="button" class="play" onClick={() => player.toggle()} aria-label={isPlaying ? 'Pause' : 'Play'}><Icon name={isPlaying ? 'pause' : 'play'} /></button>
        <p class="player-clock"><strong>{clock}</strong> <span class="muted">/ {formatTime(durationSeconds, 1)}</span></p>
        <label class="player-speed">
          <span class="small muted">Speed</span>
          <select class="input input--small" value={speed} onChange={(event) => (player.audio.playbackRate = Number(event.currentTarget.value))}>
            {SPEEDS.map((each) => <option key={each} value={each}>{each}×</option>)}
          </select>
        </label>
        <div class="player-zoom" role="group" aria-label="Zoom">
          <button type="button" class="icon-button" aria-label="Zoom out" disabled={control.isWhole} onClick={() => control.zoom(2, player.timeSeconds)}><Icon name="zoomOut" /></button>
          <button type="button" class="icon-button" aria-label="Zoom in" onClick={() => control.zoom(0.5, player.timeSeconds)}><Icon name="zoomIn" /></button>
          <button type="button" class="icon-button" aria-label="Show the whole recording" disabled={control.isWhole} onClick={() => control.showAll()}><Icon name="whole" /></button>
        </div>
      </div>
      {problem !== null && <p class="small field-problem" role="alert">{problem}</p>}
    </>
  );
}
