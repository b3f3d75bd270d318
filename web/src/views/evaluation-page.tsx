import type { Api } from '../api.js';
import { EVALUATION_SETS } from '../evaluation-documents.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { EvaluationSets } from './evaluation-sets.js';
import { Notice } from './notice.js';
import { PageHead } from './page-head.js';
import { RunPage } from './run-page.js';
import { RunsCard } from './runs-card.js';

interface Props {
  readonly api: Api;
  /** Of the run that is open; null: the list. */
  readonly id: string | null;
  readonly canRun: boolean;
}

/** How good a model is on one's own recordings: sets, runs, and one run in full. */
export function EvaluationPage({ api, id, canRun }: Props) {
  return id === null ? <Overview api={api} canRun={canRun} /> : <RunPage key={id} api={api} id={id} canRun={canRun} />;
}

function Overview({ api, canRun }: Omit<Props, 'id'>) {
  const [sets, reload] = useLoaded('sets', async (signal) => (await api.run(EVALUATION_SETS, {}, signal)).evaluationSets);
  return (
    <>
      <PageHead title="Evaluation" words="How well a model does on recordings whose labels are known, with the uncertainty of each figure." />
      {sets.kind === 'failed' && <Notice tone="error" title="The sets could not be loaded" action={{ label: 'Try again', run: reload }}>{sets.error.message}</Notice>}
      {sets.kind === 'loading' && <p class="muted" role="status">Loading…</p>}
      {sets.kind === 'ready' && <EvaluationSets api={api} sets={sets.value} canRun={canRun} onChange={reload} />}
      <RunsCard api={api} />
    </>
  );
}
