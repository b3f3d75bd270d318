import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { CREATE_SET } from '../evaluation-documents.js';

/** A set from CSV: recordings by id, each with its label. */
export function NewSet({ api, onMade }: { readonly api: Api; readonly onMade: () => void }) {
  const [name, setName] = useState('');
  const [csv, setCsv] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    setProblem(null);
    try {
      const { createEvaluationSet: answer } = await api.run(CREATE_SET, { input: { name, csv } });
      if (answer.id === undefined) {
        setProblem(answer.message ?? 'The set was not made.');
        return;
      }
      setName('');
      setCsv('');
      onMade();
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  return (
    <details class="options">
      <summary>New set</summary>
      <form class="options-body" onSubmit={(event) => void create(event)}>
        <label class="field"><span class="field-label">Name</span><input class="input" required value={name} onInput={(event) => setName(event.currentTarget.value)} /></label>
        <label class="field">
          <span class="field-label">CSV <span class="muted">(columns recording and label; where known speaker, split, language, gender, channel, quality, votes)</span></span>
          <textarea class="editor editor--short" required spellcheck={false} placeholder={'recording,label,speaker\nrec_…,angry,anna'} value={csv} onInput={(event) => setCsv(event.currentTarget.value)} />
        </label>
        <label class="field">
          <span class="field-label">Or from a file</span>
          <input class="input" type="file" accept=".csv,text/csv" onChange={(event) => void event.currentTarget.files?.[0]?.text().then(setCsv)} />
        </label>
        {problem !== null && <p class="small field-problem" role="alert">{problem}</p>}
        <div><button type="submit" class="button button--primary">Make this set</button></div>
      </form>
    </details>
  );
}
