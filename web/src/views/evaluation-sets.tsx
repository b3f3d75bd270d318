import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { RUN_EVALUATION, SCHEDULE_SET } from '../evaluation-documents.js';
import type { EvaluationSet } from '../evaluation-types.js';
import { formatMoment, formatNumber } from '../format.js';
import { useModels } from '../hooks/use-models.js';
import { sectionHref } from '../hooks/use-route.js';
import { NewSet } from './new-set.js';
import { Notice } from './notice.js';

interface Props {
  readonly api: Api;
  readonly sets: readonly EvaluationSet[];
  readonly canRun: boolean;
  readonly onChange: () => void;
}

export function EvaluationSets({ api, sets, canRun, onChange }: Props) {
  const { loaded: models } = useModels();
  const list = models.kind === 'ready' ? models.value : [];
  const [model, setModel] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const guarded = async (work: () => Promise<{ readonly id?: string; readonly message?: string }>, done: (answer: { readonly id?: string }) => void): Promise<void> => {
    setProblem(null);
    try {
      const answer = await work();
      if (answer.message === undefined) done(answer);
      else setProblem(answer.message);
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  const run = (setId: string): Promise<void> => guarded(
    async () => (await api.run(RUN_EVALUATION, { input: { setId, raw: false, ...(model === '' ? {} : { model }) } })).runEvaluation,
    ({ id }) => {
      if (id !== undefined) location.hash = sectionHref('evaluation', id);
    },
  );
  const schedule = (id: string, scheduled: boolean): Promise<void> => guarded(async () => (await api.run(SCHEDULE_SET, { id, scheduled })).scheduleEvaluationSet, onChange);
  return (
    <section class="card stack" aria-labelledby="sets-title">
      <div class="card-head">
        <h2 class="card-title" id="sets-title">Sets <span class="muted">{sets.length}</span></h2>
        {canRun && sets.length > 0 && (
          <label class="inline-field">
            <span class="small muted">Measure with</span>
            <select class="input input--small" value={model} onChange={(event) => setModel(event.currentTarget.value)}>
              <option value="">the usual model</option>
              {list.map(({ id, name, version }) => <option key={id} value={id}>{name} {version}</option>)}
            </select>
          </label>
        )}
      </div>
      {problem !== null && <Notice tone="error" title="That did not work">{problem}</Notice>}
      {sets.length === 0 && <p class="muted">There is none yet. A set is a list of recordings with the label that people gave each.</p>}
      {sets.length > 0 && (
        <div class="table-scroll" role="region" aria-labelledby="sets-title" tabIndex={0}>
          <table class="table">
            <thead><tr><th scope="col">Name</th><th scope="col">Recordings</th><th scope="col">Labels</th><th scope="col">Bear in mind</th><th scope="col">Every night</th><th scope="col"><span class="visually-hidden">Measure</span></th></tr></thead>
            <tbody>
              {sets.map((set) => (
                <tr key={set.id}>
                  <td class="top"><strong>{set.name}</strong><span class="small muted">{set.version.slice(0, 10)}, {formatMoment(set.createdAt)}</span></td>
                  <td class="top">{formatNumber(set.itemCount)}</td>
                  <td class="top">{set.labelMapping.map(({ from, to }) => (from === to ? from : `${from} as ${to}`)).join(', ')}</td>
                  <td class="top small">{set.warnings.length === 0 ? <span class="muted">nothing</span> : set.warnings.map((warning) => <p key={warning}>{warning}</p>)}</td>
                  <td class="top">
                    <label class="check"><input type="checkbox" checked={set.isScheduled} disabled={!canRun} aria-label={`Measure ${set.name} every night`} onChange={(event) => void schedule(set.id, event.currentTarget.checked)} />{set.isScheduled ? 'yes' : 'no'}</label>
                  </td>
                  <td class="top">{canRun && <button type="button" class="button button--small" aria-label={`Measure on ${set.name}`} onClick={() => void run(set.id)}>Measure</button>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {canRun && <NewSet api={api} onMade={onChange} />}
    </section>
  );
}
