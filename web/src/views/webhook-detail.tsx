import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { formatMoment } from '../format.js';
import { sectionHref } from '../hooks/use-route.js';
import { DELETE_WEBHOOK, PAUSE_WEBHOOK, RESUME_WEBHOOK, ROTATE_WEBHOOK, TEST_WEBHOOK } from '../webhook-documents.js';
import type { Webhook } from '../webhook-types.js';
import { webhookEventWord } from '../words.js';
import { DeliveriesCard } from './deliveries-card.js';
import { Notice } from './notice.js';

interface Props {
  readonly api: Api;
  readonly webhook: Webhook;
  readonly onChange: () => void;
  readonly onSecret: (secret: string) => void;
}

type Answer = { readonly code?: string; readonly message?: string; readonly secret?: string | null };

export function WebhookDetail({ api, webhook, onChange, onSecret }: Props) {
  const { id } = webhook;
  const [problem, setProblem] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  const [isAsking, setAsking] = useState(false);
  const [isCalled, setCalled] = useState(false);
  const act = async (work: () => Promise<Answer>): Promise<void> => {
    setProblem(null);
    try {
      const answer = await work();
      setProblem(answer.message ?? null);
      if (answer.secret != null) onSecret(answer.secret);
    } catch (error) {
      setProblem(toApiError(error).message);
    }
    setRound((count) => count + 1);
    onChange();
  };
  const remove = (): Promise<void> => act(async () => {
    const { deleteWebhook: answer } = await api.run(DELETE_WEBHOOK, { id, evenIfCalled: isCalled });
    // The server has named the rules that call it: from here on the press is meant.
    setCalled(answer.code === 'CONFLICT');
    if (answer.id !== undefined) location.hash = sectionHref('webhooks');
    return answer;
  });
  const facts = [
    ['Hears of', webhook.events.length === 0 ? 'only what rules send' : webhook.events.map(webhookEventWord).join(', ')],
    ['Signed with', webhook.signing === 'ED25519' ? 'Ed25519' : 'HMAC-SHA256'],
    ['Payload', webhook.query === null ? 'ids alone' : 'a query'],
    ['Last delivered', webhook.lastDeliveredAt === null ? 'never' : formatMoment(webhook.lastDeliveredAt)],
  ] as const;
  return (
    <>
      <section class="card stack" aria-labelledby="webhook-title">
        <div class="card-head">
          <h2 class="card-title" id="webhook-title">{webhook.name ?? webhook.url}</h2>
          <span class={webhook.state === 'ACTIVE' ? 'state state--ready' : 'state'}><span class="state-dot" aria-hidden="true" />{webhook.state === 'ACTIVE' ? 'delivered to' : 'paused'}</span>
        </div>
        {webhook.name !== null && <p class="small muted">{webhook.url}</p>}
        {webhook.pausedReason !== null && <Notice tone="warning" title="Paused">{webhook.pausedReason}</Notice>}
        {problem !== null && <Notice tone="error" title="That did not work">{problem}</Notice>}
        <dl class="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
        {webhook.query !== null && <pre class="editor editor--short" tabIndex={0} aria-label="Query of the payload">{webhook.query}</pre>}
        <div class="form-row">
          <button type="button" class="button" onClick={() => void act(async () => (await api.run(TEST_WEBHOOK, { id })).testWebhook)}>Send a test</button>
          {webhook.state === 'ACTIVE'
            ? <button type="button" class="button" onClick={() => void act(async () => (await api.run(PAUSE_WEBHOOK, { id })).pauseWebhook)}>Pause</button>
            : <button type="button" class="button" onClick={() => void act(async () => (await api.run(RESUME_WEBHOOK, { id })).resumeWebhook)}>Resume</button>}
          <button type="button" class="button" onClick={() => void act(async () => (await api.run(ROTATE_WEBHOOK, { id })).rotateWebhookSecret)}>New key</button>
          {isAsking
            ? <><button type="button" class="button button--danger" onClick={() => void remove()}>{isCalled ? 'Delete it all the same' : 'Delete it with its log'}</button><button type="button" class="button" onClick={() => { setAsking(false); setCalled(false); setProblem(null); }}>Keep it</button></>
            : <button type="button" class="button" onClick={() => setAsking(true)}>Delete…</button>}
        </div>
      </section>
      <DeliveriesCard api={api} webhookId={id} round={round} />
    </>
  );
}
