import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { CREATE_WEBHOOK } from '../webhook-documents.js';
import { WEBHOOK_EVENTS, type WebhookEvent, type WebhookSigning } from '../webhook-types.js';
import { webhookEventWord } from '../words.js';

export function NewWebhook({ api, onMade }: { readonly api: Api; readonly onMade: (made: { readonly id: string; readonly secret: string | null }) => void }) {
  const [url, setUrl] = useState('');
  const [name, setName] = useState('');
  const [query, setQuery] = useState('');
  const [signing, setSigning] = useState<WebhookSigning>('HMAC_SHA256');
  const [events, setEvents] = useState<readonly WebhookEvent[]>(['ANALYSIS_COMPLETED']);
  const [problem, setProblem] = useState<string | null>(null);
  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    setProblem(null);
    try {
      const input = { url, events, signing, ...(name.trim() === '' ? {} : { name: name.trim() }), ...(query.trim() === '' ? {} : { query }) };
      const { createWebhook: answer } = await api.run(CREATE_WEBHOOK, { input });
      if (answer.id === undefined) setProblem(answer.message ?? 'It was not made.');
      else onMade({ id: answer.id, secret: answer.secret ?? null });
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  return (
    <section class="card" aria-labelledby="new-webhook">
      <h2 class="card-title" id="new-webhook">New webhook</h2>
      <form class="options-body" onSubmit={(event) => void create(event)}>
        <label class="field"><span class="field-label">Address</span><input class="input" type="url" required placeholder="https://…" value={url} onInput={(event) => setUrl(event.currentTarget.value)} /></label>
        <label class="field"><span class="field-label">Name</span><input class="input" maxLength={100} value={name} onInput={(event) => setName(event.currentTarget.value)} /></label>
        <fieldset class="choices">
          <legend class="field-label">Hears of</legend>
          {WEBHOOK_EVENTS.map((each) => (
            <label key={each} class="check">
              <input type="checkbox" checked={events.includes(each)} onChange={(event) => setEvents(event.currentTarget.checked ? [...events, each] : events.filter((other) => other !== each))} />
              <span>{webhookEventWord(each)}</span>
            </label>
          ))}
        </fieldset>
        <label class="field">
          <span class="field-label">Signed with</span>
          <select class="input" value={signing} onChange={(event) => setSigning(event.currentTarget.value as WebhookSigning)}>
            <option value="HMAC_SHA256">a secret that both sides have (HMAC-SHA256)</option>
            <option value="ED25519">a private key; receivers take the public one (Ed25519)</option>
          </select>
        </label>
        <label class="field">
          <span class="field-label">Payload <span class="muted">(a GraphQL query; ids alone when empty)</span></span>
          <textarea class="editor editor--short" spellcheck={false} placeholder={'query ($id: ID!) { analysis(id: $id) { summary { label } } }'} value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
        </label>
        {problem !== null && <p class="small field-problem" role="alert">{problem}</p>}
        <div><button type="submit" class="button button--primary">Make this webhook</button></div>
      </form>
    </section>
  );
}
