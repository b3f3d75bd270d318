import { formatShare, formatStretch } from '../format.js';
import { toneOf } from '../palette.js';
import type { Segment } from '../types.js';
import { gateWord, isGated, speakerWord } from '../words.js';
import { Icon } from './icon.js';
import { VerdictLabel } from './tone-label.js';

interface Props {
  readonly segment: Segment;
  readonly labels: readonly string[];
  readonly isActive: boolean;
  readonly isCompared: boolean;
  readonly hasSpeakers: boolean;
  readonly hasText: boolean;
  readonly onPlay: () => void;
  /** Absent while the analysis runs: there is nothing to compare with yet. */
  readonly onCompare: (() => void) | null;
}

/** One stretch. The button plays it; a click anywhere else in the row does too, as a larger target for the mouse. */
export function SegmentRow({ segment, labels, isActive, isCompared, hasSpeakers, hasText, onPlay, onCompare }: Props) {
  const { prediction, speaker } = segment;
  const stretch = formatStretch(segment.startSeconds, segment.endSeconds);
  const gated = isGated(segment.gate);
  const mouse = (event: MouseEvent): void => {
    if (!(event.target as Element).closest('button')) onPlay();
  };
  return (
    <tr class={`segment${isActive ? ' segment--active' : ''}${gated ? ' segment--gated' : ''}`} aria-current={isActive ? 'true' : undefined} onClick={mouse}>
      <td class="segment-time">
        <button type="button" class="play-small" onClick={onPlay} aria-label={`Play ${stretch}`}><Icon name="play" />{stretch}</button>
      </td>
      <td>
        {gated
          ? <span class="tone" title={segment.gateReason ?? ''}><span class="tone-swatch tone-swatch--hatched" aria-hidden="true" /><span>not judged <span class="muted">({gateWord(segment.gate)})</span></span></span>
          : <VerdictLabel verdict={prediction} labels={labels} />}
      </td>
      <td>
        {gated ? <span class="muted"><span aria-hidden="true">–</span><span class="visually-hidden">none</span></span> : (
          <span class="confidence">
            <span class="confidence-track" aria-hidden="true"><span class={prediction.abstained ? 'confidence-bar confidence-bar--unsure' : 'confidence-bar'} style={{ width: `${(prediction.confidence * 100).toFixed(1)}%`, ...(prediction.abstained ? {} : { background: toneOf(prediction.label, labels) }) }} /></span>
            {formatShare(prediction.confidence)}
          </span>
        )}
      </td>
      {hasSpeakers && <td>{speaker ? speakerWord(speaker) : ''}</td>}
      {hasText && <td class="segment-text">{segment.text}</td>}
      <td class="segment-more">
        {!gated && onCompare && <button type="button" class="button button--quiet button--small" aria-pressed={isCompared} onClick={onCompare} aria-label={`Find segments similar to ${stretch}`}><Icon name="similar" /><span class="segment-more-word">Similar</span></button>}
      </td>
    </tr>
  );
}
