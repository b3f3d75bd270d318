import { formatShare, formatStretch } from '../format.js';
import { sectionHref } from '../hooks/use-route.js';
import { toneOf } from '../palette.js';
import type { Segment } from '../types.js';
import { gateWord, isGated, speakerWord } from '../words.js';
import { Icon } from './icon.js';
import { ToneLabel, VerdictLabel } from './tone-label.js';

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
  /** Absent for who may not send anything to review, and while the analysis runs. */
  readonly onReview: (() => void) | null;
}

/** One stretch. The button plays it; a click anywhere else in the row does too, as a larger target for the mouse. */
export function SegmentRow({ segment, labels, isActive, isCompared, hasSpeakers, hasText, onPlay, onCompare, onReview }: Props) {
  const { prediction, speaker } = segment;
  const stretch = formatStretch(segment.startSeconds, segment.endSeconds);
  const gated = isGated(segment.gate);
  const [review] = segment.reviews ?? [];
  const mouse = (event: MouseEvent): void => {
    if (!(event.target as Element).closest('button, a')) onPlay();
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
        {review?.label != null && <span class="small people">people: <ToneLabel label={review.label} labels={labels} /></span>}
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
      {hasText && <td class="segment-text">{segment.text}{segment.agreement != null && <span class="muted"> ({formatShare(segment.agreement)} agreement)</span>}</td>}
      <td class="segment-more">
        {review
          ? <a class="button button--quiet button--small" href={sectionHref('reviews', review.id)} aria-label={`Review of ${stretch}`}><Icon name="review" /><span class="segment-more-word">{review.status === 'PENDING' ? 'In review' : 'Reviewed'}</span></a>
          : onReview && !gated && <button type="button" class="button button--quiet button--small" onClick={onReview} aria-label={`Send ${stretch} to review`}><Icon name="review" /><span class="segment-more-word">Review</span></button>}
        {!gated && onCompare && <button type="button" class="button button--quiet button--small" aria-pressed={isCompared} onClick={onCompare} aria-label={`Find segments similar to ${stretch}`}><Icon name="similar" /><span class="segment-more-word">Similar</span></button>}
      </td>
    </tr>
  );
}
