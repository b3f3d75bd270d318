import { useEffect, useRef, useState } from 'preact/hooks';
import { formatTime, speakTime } from '../format.js';
import { useElementWidth } from '../hooks/use-element-width.js';
import { usePlayerValue } from '../hooks/use-player.js';
import type { TimeWindowControl } from '../hooks/use-time-window.js';
import { GUTTER_PX, pxToSeconds, RIGHT_PX, secondsToPx } from '../paint/geometry.js';
import type { Player } from '../player.js';
import type { Conversation, Regions, Segment, Speaker, Timeline, Waveform } from '../types.js';
import { SpeakerLanes } from './speaker-lanes.js';
import { TimelineLane } from './timeline-lane.js';
import { WaveformLane } from './waveform-lane.js';

interface Props {
  readonly player: Player;
  readonly durationSeconds: number;
  readonly control: TimeWindowControl;
  readonly waveform: Waveform | null;
  readonly regions: Regions | null;
  readonly segments: readonly Segment[];
  readonly speakers: readonly Speaker[];
  readonly conversation: Conversation | null;
  readonly timeline: Timeline | null;
  readonly labels: readonly string[];
  readonly only: string | null;
  /** The moment under the pointer, or null. */
  readonly onHover: (seconds: number | null) => void;
}

const KEY_STEPS_SECONDS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

/** The lanes on one time scale, with one playhead across them and one slider over them for pointer and keyboard. */
export function Track({ player, durationSeconds, control, waveform, regions, segments, speakers, conversation, timeline, labels, only, onHover }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const playhead = useRef<HTMLDivElement>(null);
  const width = useElementWidth(host);
  const laneWidth = Math.max(0, width - GUTTER_PX - RIGHT_PX);
  const { window } = control;
  const [hoverPx, setHoverPx] = useState<number | null>(null);
  const second = usePlayerValue(player, (each) => Math.floor(each.timeSeconds));

  useEffect(() => {
    const place = (): void => {
      if (player.isPlaying) control.follow(player.timeSeconds);
      const x = secondsToPx(player.timeSeconds, window, laneWidth);
      if (!playhead.current) return;
      playhead.current.hidden = x < -1 || x > laneWidth + 1;
      playhead.current.style.transform = `translateX(${x}px)`;
    };
    place();
    return player.listen(place);
  }, [player, window, laneWidth, durationSeconds]);

  const secondsAt = (event: MouseEvent): number => pxToSeconds(event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left, window, laneWidth);
  const hover = (event: PointerEvent): void => {
    const seconds = secondsAt(event);
    setHoverPx(secondsToPx(seconds, window, laneWidth));
    onHover(seconds);
    if (event.buttons === 1) player.seek(seconds);
  };
  const leave = (): void => {
    setHoverPx(null);
    onHover(null);
  };
  const press = (event: KeyboardEvent): void => {
    const step = KEY_STEPS_SECONDS[event.key];
    const target = step !== undefined ? player.timeSeconds + step * (event.shiftKey ? 5 : 1) : event.key === 'Home' ? 0 : event.key === 'End' ? durationSeconds : null;
    if (event.key === ' ' || event.key === 'Enter') player.toggle();
    else if (target === null) return;
    else {
      const bounded = Math.min(durationSeconds, Math.max(0, target));
      player.seek(bounded);
      control.follow(bounded);
    }
    event.preventDefault();
  };
  const wheel = (event: WheelEvent): void => {
    const span = window.toSeconds - window.fromSeconds;
    if (event.ctrlKey || event.metaKey) control.zoom(event.deltaY > 0 ? 1.25 : 0.8, secondsAt(event));
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && !control.isWhole) control.move((event.deltaX / laneWidth) * span);
    else return;
    event.preventDefault();
  };

  return (
    <div class="track" ref={host}>
      <WaveformLane widthPx={laneWidth} window={window} waveform={waveform} regions={regions} segments={segments} labels={labels} />
      {conversation && <SpeakerLanes widthPx={laneWidth} window={window} speakers={speakers} conversation={conversation} segments={segments} labels={labels} />}
      {timeline && timeline.startSeconds.length > 0 && <TimelineLane widthPx={width} window={window} timeline={timeline} labels={labels} only={only} />}
      <div
        class="track-touch" role="slider" tabIndex={0} aria-label="Position in the recording" aria-valuemin={0} aria-valuemax={Math.ceil(durationSeconds)}
        aria-valuenow={second} aria-valuetext={`${speakTime(second)} of ${speakTime(durationSeconds)}`}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          player.seek(secondsAt(event));
        }}
        onPointerMove={hover} onPointerLeave={leave} onKeyDown={press} onWheel={wheel}
      >
        {hoverPx !== null && <div class={hoverPx > laneWidth - 70 ? 'track-hover track-hover--late' : 'track-hover'} style={{ transform: `translateX(${hoverPx}px)` }}><span>{formatTime(pxToSeconds(hoverPx, window, laneWidth), 1)}</span></div>}
        <div class="track-playhead" ref={playhead} />
      </div>
    </div>
  );
}
