import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { formatMoment, formatNumber } from '../format.js';
import { usePages } from '../hooks/use-pages.js';
import { DELIVERIES, REDELIVER } from '../webhook-documents.js';
import type { Delivery } from '../webhook-types.js';
import { Notice } from './notice.js';

const PAGE_SIZE = 20;
const STATES: Readonly<Record<Delivery['state'], string>> = { PENDING: 'on its way', HELD: 'held', DELIVERED: 'delivered', FAILED: 'given up' };

const outcomeWords = (outcome: string): string => outcome.toLowerCase().replaceAll('_', ' ');

/** What was sent and how each try ended. A new `round` looks again. */
export function DeliveriesCard({ api, webhookId, round }: { readonly api: Api; readonly webhookId: string; readonly round: number }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [own, setOwn] = useState(0);
  const pages = usePages<Delivery>(webhookId, round + own, async (after, signal) => (
    (await api.run(DELIVERIES, { id: webhookId, first: PAGE_SIZE, after }, signal)).webhook?.deliveries ?? { nodes: [], pageInfo: { hasNextPage: false, endCursor: null }, totalCount: 0 }
  ));
  const again = async (deliveryId: string): Promise<void> => {
    try {
      setProblem((await api.run(REDELIVER, { deliveryId })).redeliverWebhook.message ?? null);
    } catch (error) {
      setProblem(toApiError(error).message);
    }
    setOwn((count) => count + 1);
  };
  return (
    <section class="card stack" aria-labelledby="deliveries-title">
      <div class="card-head">
        <h2 class="card-title" id="deliveries-title">Deliveries <span class="muted">{pages.totalCount}</span></h2>
        <button type="button" class="button button--small" onClick={() => setOwn((count) => count + 1)}>Look again</button>
      </div>
      {problem !== null && <Notice tone="error" title="It was not sent again">{problem}</Notice>}
      {pages.error && <Notice tone="error" title="The log could not be loaded" action={{ label: 'Try again', run: pages.reload }}>{pages.error.message}</Notice>}
      {pages.nodes.length === 0 && !pages.isLoading && !pages.error && <p class="muted">Nothing was sent yet.</p>}
      {pages.nodes.length > 0 && (
        <div class="table-scroll" role="region" aria-labelledby="deliveries-title" tabIndex={0}>
          <table class="table">
            <thead><tr><th scope="col">What</th><th scope="col">State</th><th scope="col">Tries</th><th scope="col"><span class="visually-hidden">Again</span></th></tr></thead>
            <tbody>
              {pages.nodes.map((delivery) => (
                <tr key={delivery.id}>
                  <td class="top"><strong>{delivery.event}</strong><span class="small muted">{formatMoment(delivery.createdAt)}</span></td>
                  <td class="top">{STATES[delivery.state]}{delivery.nextAttemptAt !== null && delivery.state === 'PENDING' && <span class="small muted">next {formatMoment(delivery.nextAttemptAt)}</span>}</td>
                  <td class="top small">
                    {delivery.attempts.length === 0 ? <span class="muted">none yet</span> : (
                      <ol>{delivery.attempts.slice(-3).map((attempt) => <li key={attempt.at}>{formatMoment(attempt.at)}: {outcomeWords(attempt.outcome)}{attempt.statusCode !== null && ` (${attempt.statusCode})`}, {formatNumber(attempt.durationMs)} ms</li>)}</ol>
                    )}
                    {delivery.attemptCount > 3 && <span class="muted">{delivery.attemptCount} in all</span>}
                  </td>
                  <td class="top">{delivery.state !== 'PENDING' && <button type="button" class="button button--small" aria-label={`Send ${delivery.event} of ${formatMoment(delivery.createdAt)} again`} onClick={() => void again(delivery.id)}>Send again</button>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {pages.hasMore && <button type="button" class="button button--wide" disabled={pages.isLoading} onClick={pages.loadMore}>Show more</button>}
    </section>
  );
}
