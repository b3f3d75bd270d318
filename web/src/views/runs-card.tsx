import type { Api } from '../api.js';
import { EVALUATION_RUNS, RUN_FIGURES } from '../evaluation-documents.js';
import type { RunRow } from '../evaluation-types.js';
import { formatMoment, formatShare } from '../format.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { usePages } from '../hooks/use-pages.js';
import { sectionHref } from '../hooks/use-route.js';
import { statusWord } from '../words.js';
import { Figure, IntervalBar } from './measured-figure.js';
import { Notice } from './notice.js';

const PAGE_SIZE = 20;

/** Every run, the newest first, with the figure that one looks for. */
export function RunsCard({ api }: { readonly api: Api }) {
  const pages = usePages<RunRow>('runs', 0, async (after, signal) => (await api.run(EVALUATION_RUNS, { first: PAGE_SIZE, after, setId: undefined }, signal)).evaluationRuns);
  return (
    <section class="card stack" aria-labelledby="runs-title">
      <h2 class="card-title" id="runs-title">Runs <span class="muted">{pages.totalCount}</span></h2>
      {pages.error && <Notice tone="error" title="The runs could not be loaded" action={{ label: 'Try again', run: pages.reload }}>{pages.error.message}</Notice>}
      {pages.nodes.length === 0 && !pages.isLoading && !pages.error && <p class="muted">Nothing was measured yet.</p>}
      {pages.nodes.length > 0 && (
        <div class="table-scroll" role="region" aria-labelledby="runs-title" tabIndex={0}>
          <table class="table">
            <thead><tr><th scope="col">Set</th><th scope="col">Model</th><th scope="col">Unweighted accuracy</th><th scope="col">State</th><th scope="col">Asked for</th></tr></thead>
            <tbody>
              {pages.nodes.map((run) => (
                <tr key={run.id}>
                  <td class="top"><a href={sectionHref('evaluation', run.id)}>{run.set?.name ?? 'a set that was deleted'}</a>{run.split !== null && <span class="small muted">split {run.split}</span>}</td>
                  <td class="top">{run.modelId} <span class="muted">{run.modelVersion}</span>{run.raw && <span class="small muted">raw</span>}</td>
                  <td class="top">{run.status === 'SUCCEEDED' ? <Headline api={api} id={run.id} /> : <span class="muted">–</span>}</td>
                  <td class="top">
                    {run.status === 'RUNNING' ? `measuring, ${formatShare(run.progress)}` : run.status === 'SUCCEEDED' ? 'measured' : <span class={`status--${run.status.toLowerCase()}`}>{statusWord(run.status)}</span>}
                    {run.alarm && <span class="small field-problem">under the accepted run</span>}
                    {run.acceptedAt !== null && <span class="small muted">accepted</span>}
                  </td>
                  <td class="top">{formatMoment(run.createdAt)}</td>
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

/** Reports are not part of lists; each is asked for by itself. */
function Headline({ api, id }: { readonly api: Api; readonly id: string }) {
  const [loaded] = useLoaded(id, async (signal) => (await api.run(RUN_FIGURES, { id }, signal)).evaluationRun?.report?.overall ?? null);
  if (loaded.kind !== 'ready' || loaded.value === null) return <span class="muted">…</span>;
  const { unweightedAccuracy } = loaded.value;
  return <span class="talk"><span><Figure figure={unweightedAccuracy} /></span><IntervalBar figure={unweightedAccuracy} /></span>;
}
