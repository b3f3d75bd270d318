import { useState } from 'preact/hooks';
import type { Api } from '../api.js';
import { formatMoment } from '../format.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { sectionHref } from '../hooks/use-route.js';
import { WEBHOOKS } from '../webhook-documents.js';
import type { Webhook } from '../webhook-types.js';
import { NewWebhook } from './new-webhook.js';
import { Notice } from './notice.js';
import { PageHead } from './page-head.js';
import { WebhookDetail } from './webhook-detail.js';

interface Props {
  readonly api: Api;
  /** Of the webhook that is open; `new`; null: none. */
  readonly id: string | null;
}

/** Who else is told what happens; for admins. */
export function WebhooksPage({ api, id }: Props) {
  const [loaded, reload] = useLoaded('webhooks', async (signal) => (await api.run(WEBHOOKS, {}, signal)).webhooks);
  const [secret, setSecret] = useState<string | null>(null);
  const open = loaded.kind === 'ready' ? loaded.value.find((webhook) => webhook.id === id) : undefined;
  return (
    <>
      <PageHead title="Webhooks" words="Who else is told what happens: signed, delivered at least once, with a log.">
        <a class="button button--primary" href={sectionHref('webhooks', 'new')}>New webhook</a>
      </PageHead>
      {loaded.kind === 'failed' && <Notice tone="error" title="The webhooks could not be loaded" action={{ label: 'Try again', run: reload }}>{loaded.error.message}</Notice>}
      {loaded.kind === 'loading' && <p class="muted" role="status">Loading…</p>}
      {secret !== null && <SecretNotice secret={secret} onClose={() => setSecret(null)} />}
      {loaded.kind === 'ready' && (
        <div class="split">
          <section class="card" aria-labelledby="webhooks-list">
            <h2 class="card-title" id="webhooks-list">All webhooks <span class="muted">{loaded.value.length}</span></h2>
            {loaded.value.length === 0 && <p class="small muted">There is none yet.</p>}
            <ul class="items">{loaded.value.map((webhook) => <li key={webhook.id}><WebhookLink webhook={webhook} isOpen={webhook.id === id} /></li>)}</ul>
          </section>
          <div>
            {id === 'new' && <NewWebhook api={api} onMade={(made) => {
              setSecret(made.secret);
              reload();
              location.hash = sectionHref('webhooks', made.id);
            }} />}
            {open && <WebhookDetail key={open.id} api={api} webhook={open} onChange={reload} onSecret={setSecret} />}
            {id === null && <p class="card muted">A webhook hears of analyses, alerts, reviews and deletions; rules can call one as well.</p>}
          </div>
        </div>
      )}
    </>
  );
}

function WebhookLink({ webhook, isOpen }: { readonly webhook: Webhook; readonly isOpen: boolean }) {
  return (
    <a class="row" href={sectionHref('webhooks', webhook.id)} aria-current={isOpen ? 'page' : undefined}>
      <span class="row-name clip">{webhook.name ?? webhook.url}</span>
      <span class="small muted">{webhook.state === 'PAUSED' ? 'paused' : webhook.failureCount > 0 ? `${webhook.failureCount} failed in a row` : webhook.lastDeliveredAt === null ? 'nothing delivered yet' : `delivered ${formatMoment(webhook.lastDeliveredAt)}`}</span>
    </a>
  );
}

/** Shown once: the server never tells it again. */
function SecretNotice({ secret, onClose }: { readonly secret: string; readonly onClose: () => void }) {
  return (
    <Notice tone="warning" title="The secret, now and never again" action={{ label: 'I have it', run: onClose }}>
      <input class="input" readOnly aria-label="Secret of the webhook" value={secret} onFocus={(event) => event.currentTarget.select()} />
    </Notice>
  );
}
