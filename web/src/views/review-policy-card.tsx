import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { formatShare } from '../format.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { REVIEW_POLICY, SET_REVIEW_POLICY } from '../review-documents.js';
import type { ReviewPolicy } from '../review-types.js';

/** What comes into the queue by itself. */
export function ReviewPolicyCard({ api, canEdit }: { readonly api: Api; readonly canEdit: boolean }) {
  const [loaded, reload] = useLoaded('review-policy', async (signal) => (await api.run(REVIEW_POLICY, {}, signal)).reviewPolicy);
  if (loaded.kind !== 'ready') return null;
  const policy = loaded.value;
  const reasons = [
    policy.lowConfidenceBelow === null ? '' : `confidence under ${formatShare(policy.lowConfidenceBelow)}`,
    policy.abstained ? 'where the platform declined to say' : '',
    policy.contradictionBelow === null ? '' : `words and voice agree at most ${formatShare(policy.contradictionBelow)}`,
    policy.randomRate === 0 ? '' : `a random sample of ${formatShare(policy.randomRate)}`,
    'what rules and people send',
  ].filter(Boolean);
  return (
    <section class="card stack" aria-labelledby="policy-title">
      <h2 class="card-title" id="policy-title">What comes here</h2>
      <p>By {policy.unit === 'SEGMENT' ? 'segment' : 'recording'}: {reasons.join('; ')}. {policy.requiredCount === 1 ? 'One answer settles it' : `${policy.requiredCount} answers settle it`}{policy.isBlind ? ', given without seeing the model’s' : ''}. A claim holds {policy.claimMinutes} minutes.</p>
      {canEdit && <details class="options"><summary>Change it</summary><PolicyForm api={api} policy={policy} onSaved={reload} /></details>}
    </section>
  );
}

function PolicyForm({ api, policy, onSaved }: { readonly api: Api; readonly policy: ReviewPolicy; readonly onSaved: () => void }) {
  const [draft, setDraft] = useState(policy);
  const [words, setWords] = useState<{ readonly isProblem: boolean; readonly text: string } | null>(null);
  const change = (part: Partial<ReviewPolicy>): void => setDraft((old) => ({ ...old, ...part }));
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const { setReviewPolicy: answer } = await api.run(SET_REVIEW_POLICY, { input: draft });
      setWords(answer.code === undefined ? { isProblem: false, text: 'Saved, for analyses that end from now on.' } : { isProblem: true, text: answer.message ?? answer.code });
      if (answer.code === undefined) onSaved();
    } catch (error) {
      setWords({ isProblem: true, text: toApiError(error).message });
    }
  };
  const share = (name: 'lowConfidenceBelow' | 'contradictionBelow', label: string) => (
    <label class="field">
      <span class="field-label">{label} <span class="muted">(0 to 1; empty: never)</span></span>
      <input class="input" type="number" min="0" max="1" step="any" value={draft[name] ?? ''} onInput={(event) => change({ [name]: event.currentTarget.value === '' ? null : event.currentTarget.valueAsNumber })} />
    </label>
  );
  return (
    <form class="options-body" onSubmit={(event) => void save(event)}>
      <div class="form-row">
        {share('lowConfidenceBelow', 'Confidence under')}
        {share('contradictionBelow', 'Words and voice agree at most')}
        <label class="field"><span class="field-label">Random sample <span class="muted">(0 to 1)</span></span><input class="input" type="number" min="0" max="1" step="any" required value={draft.randomRate} onInput={(event) => change({ randomRate: event.currentTarget.valueAsNumber })} /></label>
        <label class="field"><span class="field-label">Answers each</span><input class="input" type="number" min="1" max="20" required value={draft.requiredCount} onInput={(event) => change({ requiredCount: event.currentTarget.valueAsNumber })} /></label>
      </div>
      <label class="check"><input type="checkbox" checked={draft.abstained} onChange={(event) => change({ abstained: event.currentTarget.checked })} /><span>Where the platform declined to say</span></label>
      <label class="check"><input type="checkbox" checked={draft.isBlind} onChange={(event) => change({ isBlind: event.currentTarget.checked })} /><span>Blind: the model’s answer is hidden until somebody has answered</span></label>
      <div class="form-row"><button type="submit" class="button">Save</button></div>
      {words && <p class={words.isProblem ? 'small field-problem' : 'small'} role={words.isProblem ? 'alert' : 'status'}>{words.text}</p>}
    </form>
  );
}
