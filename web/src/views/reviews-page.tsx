import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { formatMoment, formatShare, formatStretch } from '../format.js';
import { useEvents } from '../hooks/use-events.js';
import { useFresh } from '../hooks/use-fresh.js';
import { usePages } from '../hooks/use-pages.js';
import { sectionHref } from '../hooks/use-route.js';
import { CLAIM_NEXT_REVIEW, REVIEW_QUEUE, REVIEW_QUEUE_EVENTS } from '../review-documents.js';
import type { ReviewItem, ReviewStatus } from '../review-types.js';
import type { Viewer } from '../types.js';
import { reviewReasonWord } from '../words.js';
import { Notice } from './notice.js';
import { PageHead } from './page-head.js';
import { ReviewPolicyCard } from './review-policy-card.js';
import { ReviewWork } from './review-work.js';
import { ToneLabel } from './tone-label.js';

const PAGE_SIZE = 20;

interface Props {
  readonly api: Api;
  /** Of the item that is listened to; null: the queue. */
  readonly id: string | null;
  readonly viewer: Viewer;
}

/** What people are asked to listen to. */
export function ReviewsPage({ api, id, viewer }: Props) {
  return id === null ? <Queue api={api} viewer={viewer} /> : <ReviewWork key={id} api={api} id={id} canAnswer={viewer.role !== 'viewer'} keyId={viewer.keyId} />;
}

function Queue({ api, viewer }: Omit<Props, 'id'>) {
  const [status, setStatus] = useState<ReviewStatus>('PENDING');
  const [words, setWords] = useState<string | null>(null);
  const pages = usePages<ReviewItem>(status, 0, async (after, signal) => (await api.run(REVIEW_QUEUE, { first: PAGE_SIZE, after, filter: { status } }, signal)).reviewQueue);
  const refresh = useFresh(pages.isLoading, pages.reload);
  useEvents(api, REVIEW_QUEUE_EVENTS, refresh, refresh);
  const begin = async (): Promise<void> => {
    try {
      const { claimNextReview: item } = await api.run(CLAIM_NEXT_REVIEW, {});
      if (item?.id !== undefined) location.hash = sectionHref('reviews', item.id);
      else setWords(item?.message ?? 'Nothing is free just now.');
    } catch (error) {
      setWords(toApiError(error).message);
    }
  };
  return (
    <>
      <PageHead title="Review" words="What people are asked to listen to. Their word stands beside the model’s and never changes it.">
        <label class="inline-field">
          <span class="small muted">Show</span>
          <select class="input input--small" value={status} onChange={(event) => setStatus(event.currentTarget.value as ReviewStatus)}>
            <option value="PENDING">waiting</option><option value="RESOLVED">answered</option><option value="DISMISSED">dismissed</option>
          </select>
        </label>
        {viewer.role !== 'viewer' && <button type="button" class="button button--primary" onClick={() => void begin()}>Begin with the most urgent</button>}
      </PageHead>
      <div role="status">{words !== null && <p class="card">{words}</p>}</div>
      {pages.error && <Notice tone="error" title="The queue could not be loaded" action={{ label: 'Try again', run: pages.reload }}>{pages.error.message}</Notice>}
      <section class="card stack" aria-labelledby="queue-title">
        <h2 class="card-title" id="queue-title">Queue <span class="muted">{pages.totalCount}</span></h2>
        {pages.nodes.length === 0 && !pages.isLoading && !pages.error && <p class="muted">Nothing is here.</p>}
        {pages.nodes.length > 0 && (
          <div class="table-scroll" role="region" aria-labelledby="queue-title" tabIndex={0}>
            <table class="table">
              <thead><tr><th scope="col">Stretch</th><th scope="col">Why</th><th scope="col">Urgency</th><th scope="col">Answers</th><th scope="col">People say</th><th scope="col">The model</th><th scope="col">Since</th></tr></thead>
              <tbody>{pages.nodes.map((item) => <QueueRow key={item.id} item={item} />)}</tbody>
            </table>
          </div>
        )}
        {pages.hasMore && <button type="button" class="button button--wide" disabled={pages.isLoading} onClick={pages.loadMore}>Show more</button>}
      </section>
      <ReviewPolicyCard api={api} canEdit={viewer.role === 'admin'} />
    </>
  );
}

function QueueRow({ item }: { readonly item: ReviewItem }) {
  return (
    <tr>
      <td class="top"><a href={sectionHref('reviews', item.id)}>{formatStretch(item.startSeconds, item.endSeconds)}</a><span class="small muted">{item.segmentId === null ? 'whole recording' : 'segment'}</span></td>
      <td class="top">{item.reasons === null ? <span class="muted">hidden until you answer</span> : item.reasons.map(({ kind }) => reviewReasonWord(kind)).join(', ')}</td>
      <td class="top">{item.priority}</td>
      <td class="top">{item.answerCount} of {item.requiredCount}{item.isDisputed && <span class="small muted">they differ</span>}{item.claims.length > 0 && <span class="small muted">{item.claims.map(({ keyName }) => keyName).join(', ')} at work</span>}</td>
      <td class="top">{item.label === null ? <span class="muted">–</span> : <ToneLabel label={item.label} labels={item.labels} />}{item.agreesWithModel === false && <span class="small muted">not what the model said</span>}</td>
      <td class="top">{item.isHidden ? <span class="muted">hidden</span> : item.modelLabel === null ? <span class="muted">nothing judged</span> : <><ToneLabel label={item.modelLabel} labels={item.labels} />{item.modelConfidence !== null && <span class="small muted">{formatShare(item.modelConfidence)}</span>}</>}</td>
      <td class="top">{formatMoment(item.createdAt)}</td>
    </tr>
  );
}
