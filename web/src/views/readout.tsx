import { formatShare, formatTime } from '../format.js';
import { usePlayerValue } from '../hooks/use-player.js';
import { binAt } from '../paint/stack.js';
import type { Player } from '../player.js';
import { stretchesOf } from '../paint/speakers.js';
import type { Conversation, Segment, Speaker, Timeline } from '../types.js';
import { gateWord, isGated, speakerWord } from '../words.js';
import { ToneLabel } from './tone-label.js';

interface Props {
  readonly player: Player;
  readonly timeline: Timeline;
  readonly segments: readonly Segment[];
  readonly speakers: readonly Speaker[];
  readonly conversation: Conversation | null;
  readonly labels: readonly string[];
  /** The moment under the pointer; null: the playhead. */
  readonly hoverSeconds: number | null;
}

/** The chart in words: what is expressed at the pointer, or else at the playhead. */
export function Readout({ player, timeline, segments, speakers, conversation, labels, hoverSeconds }: Props) {
  const tenths = usePlayerValue(player, (each) => Math.round(each.timeSeconds * 10));
  const seconds = hoverSeconds ?? tenths / 10;
  const bin = binAt(timeline, seconds);
  const shares = bin === null ? [] : timeline.series
    .map((series) => ({ label: series.label, share: series.values[bin] ?? 0 }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 3);
  const gated = segments.find((segment) => isGated(segment.gate) && segment.startSeconds <= seconds && seconds < segment.endSeconds);
  const talking = conversation === null ? [] : speakers.filter(({ id }) => stretchesOf(conversation.speech, id).some(({ startSeconds, endSeconds }) => startSeconds <= seconds && seconds < endSeconds));
  return (
    <p class="readout small">
      <span class="readout-time">At {formatTime(seconds, 1)}</span>
      {talking.length > 0 && <span>{talking.map(speakerWord).join(' and ')}</span>}
      {gated
        ? <span class="muted">{gateWord(gated.gate)}: not judged</span>
        : shares.length === 0
          ? <span class="muted">nobody speaks</span>
          : shares.map(({ label, share }) => <span key={label} class="readout-share"><ToneLabel label={label} labels={labels} /> {formatShare(share)}</span>)}
    </p>
  );
}
