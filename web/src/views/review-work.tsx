import { useEffect, useRef, useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { formatShare, formatStretch } from '../format.js';
import { useEvents } from '../hooks/use-events.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { sectionHref } from '../hooks/use-route.js';
import { CLAIM_NEXT_REVIEW, CLAIM_REVIEW, RELEASE_REVIEW, RESOLVE_REVIEW, REVIEW_ITEM, REVIEW_ITEM_EVENTS, SKIP_REVIEW, UNDO_REVIEW, type ReviewAnswer } from '../review-documents.js';
import type { ReviewItem } from '../review-types.js';
import { reviewReasonWord } from '../words.js';
import { Icon } from './icon.js';
import { Notice } from './notice.js';
import { PageHead } from './page-head.js';
import { ReviewForm } from './review-form.js';
import { ToneLabel } from './tone-label.js';

interface Props {
  readonly api: Api;
  readonly id: string;
  readonly canAnswer: boolean;
  readonly keyId: string;
}

/** One item: claimed when it is opened, listened to, answered by a key or a press, then the next. */
export function ReviewWork({ api, id, canAnswer, keyId }: Props) {
  const [problem, setProblem] = useState<string | null>(null);
  const [changed, setChanged] = useState<ReviewItem | null>(null);
  const nextButton = useRef<HTMLButtonElement>(null);
  const [loaded, reload] = useLoaded(id, async (signal) => {
    const { reviewItem: item } = await api.run(REVIEW_ITEM, { id }, signal);
    if (!item || item.status !== 'PENDING' || item.claimedUntil !== null || !canAnswer || hasSpoken(item, keyId)) return item;
    const { claimReview: claimed } = await api.run(CLAIM_REVIEW, { id }, signal);
    if (claimed.id === undefined) setProblem(claimed.message ?? 'It could not be claimed.');
    return claimed.id === undefined ? item : (claimed as ReviewItem);
  });
  // What others do with it is shown as it happens; what is typed here stays.
  useEvents(api, REVIEW_ITEM_EVENTS, ({ reviewQueueChanged: { item: heard } }) => { if (heard?.id === id) setChanged(heard); }, () => undefined);
  const item = changed ?? (loaded.kind === 'ready' ? loaded.value : null);
  const act = async (work: () => Promise<ReviewAnswer>): Promise<ReviewItem | null> => {
    setProblem(null);
    try {
      const answer = await work();
      if (answer.id !== undefined) {
        setChanged(answer as ReviewItem);
        return answer as ReviewItem;
      }
      setProblem(answer.message ?? 'It did not work.');
    } catch (error) {
      setProblem(toApiError(error).message);
    }
    return null;
  };
  const next = async (): Promise<void> => {
    try {
      const { claimNextReview: following } = await api.run(CLAIM_NEXT_REVIEW, {});
      location.hash = following?.id === undefined ? sectionHref('reviews') : sectionHref('reviews', following.id);
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  const answer = async (given: { readonly label?: string; readonly freeLabel?: string; readonly note?: string; readonly spentSeconds: number }): Promise<void> => {
    await act(async () => (await api.run(RESOLVE_REVIEW, { input: { id, ...given } })).resolveReview);
  };
  const isAnswered = changed !== null && hasSpoken(changed, keyId);
  useEffect(() => nextButton.current?.focus(), [isAnswered]);
  const canSay = item !== null && canAnswer && item.status === 'PENDING' && !hasSpoken(item, keyId);
  return (
    <>
      <a class="back back--always" href={sectionHref('reviews')}><Icon name="back" /> The queue</a>
      <PageHead title="Review" {...(item ? { words: `${formatStretch(item.startSeconds, item.endSeconds)} ${item.segmentId === null ? '(the whole recording)' : 'of a recording'}, ${item.answerCount} of ${item.requiredCount} answers` } : {})} />
      {loaded.kind === 'loading' && <p class="muted" role="status">Loading…</p>}
      {loaded.kind === 'failed' && <Notice tone="error" title="It could not be loaded" action={{ label: 'Try again', run: reload }}>{loaded.error.message}</Notice>}
      {loaded.kind === 'ready' && !loaded.value && <Notice tone="error" title="There is no such item" />}
      {problem !== null && <Notice tone="error" title="That did not work">{problem}</Notice>}
      {item && canSay && item.claimedUntil === null && (
        <Notice tone="warning" title={item.claims.length > 0 ? `${item.claims.map(({ keyName }) => keyName).join(', ')} took it` : 'It is free to others again'} action={{ label: 'Claim it', run: () => void act(async () => (await api.run(CLAIM_REVIEW, { id })).claimReview) }}>Your claim has ended. An answer is still taken while a place is free.</Notice>
      )}
      {item && canSay && (
        <ReviewForm
          api={api} item={item} onAnswer={(given) => void answer(given)}
          onSkip={() => void act(async () => (await api.run(SKIP_REVIEW, { id })).skipReview).then((left) => left && void next())}
          onRelease={() => void act(async () => (await api.run(RELEASE_REVIEW, { id })).releaseReview).then((left) => left && (location.hash = sectionHref('reviews')))}
        />
      )}
      {item && !canSay && (
        <section class="card stack" aria-labelledby="said-title">
          <h2 class="card-title" id="said-title">{item.label === null ? (item.status === 'DISMISSED' ? 'Dismissed' : 'Waiting for others') : <>People say <ToneLabel label={item.label} labels={item.labels} /></>}</h2>
          {item.dismissReason !== null && <p>{item.dismissReason}</p>}
          <ol class="history">
            {item.decisions.map((decision) => (
              <li key={decision.id} class={decision.undoneAt === null ? undefined : 'item-off'}>{decision.keyName}: {decision.kind === 'SKIP' ? 'skipped' : decision.label}{decision.isFinal && ' (last word)'}{decision.note !== null && <span class="muted"> – {decision.note}</span>}</li>
            ))}
          </ol>
          <ModelAnswer item={item} />
          {canAnswer && (
            <div class="form-row">
              <button ref={nextButton} type="button" class="button button--primary" onClick={() => void next()}>Next</button>
              {hasSpoken(item, keyId) && <button type="button" class="button" onClick={() => void act(async () => (await api.run(UNDO_REVIEW, { id })).undoReview)}>Take it back</button>}
            </div>
          )}
        </section>
      )}
      {item && canSay && <section class="card stack" aria-label="What is known"><ModelAnswer item={item} /></section>}
    </>
  );
}

function hasSpoken(item: ReviewItem, keyId: string): boolean {
  return item.decisions.some((decision) => decision.keyId === keyId && decision.undoneAt === null);
}

function ModelAnswer({ item }: { readonly item: ReviewItem }) {
  if (item.isHidden) return <p class="muted">Blind: what the model said and why this is asked is hidden until you have answered.</p>;
  return (
    <>
      <p>The model: {item.modelLabel === null ? <span class="muted">nothing judged</span> : <><ToneLabel label={item.modelLabel} labels={item.labels} />{item.modelConfidence !== null && `, ${formatShare(item.modelConfidence)}`}{item.modelAbstained === true && <span class="muted"> (it declined to say)</span>}</>}{item.agreesWithModel !== null && <span class="muted"> · {item.agreesWithModel ? 'people agree' : 'people disagree'}</span>}</p>
      {item.reasons !== null && <ul class="history small">{item.reasons.map(({ kind, message }) => <li key={kind + message}><strong>{reviewReasonWord(kind)}</strong>: {message}</li>)}</ul>}
    </>
  );
}
