import { useState } from 'preact/hooks';
import type { Api } from '../api.js';
import { COMPARE_RUNS, EVALUATION_RUNS } from '../evaluation-documents.js';
import type { Comparison, FigureDifference, RunDetail, RunRow } from '../evaluation-types.js';
import { formatMoment, formatNumber } from '../format.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { formatFigure } from './measured-figure.js';
import { Notice } from './notice.js';

const OTHER_RUNS = 50;

const signed = (value: number): string => `${value > 0 ? '+' : ''}${formatNumber(value, 3)}`;
const nameOf = ({ modelId, modelVersion, createdAt }: RunRow): string => `${modelId} ${modelVersion ?? ''}, ${formatMoment(createdAt)}`;

/** This run against another of the same set, item by item. */
export function RunComparison({ api, run }: { readonly api: Api; readonly run: RunDetail }) {
  const [others] = useLoaded(run.setId, async (signal) => (
    (await api.run(EVALUATION_RUNS, { first: OTHER_RUNS, after: undefined, setId: run.setId }, signal)).evaluationRuns.nodes.filter((each) => each.id !== run.id && each.status === 'SUCCEEDED')
  ));
  const [otherId, setOtherId] = useState('');
  const list = others.kind === 'ready' ? others.value : [];
  const other = list.find(({ id }) => id === otherId);
  return (
    <section class="card stack" aria-labelledby="comparison-title">
      <div class="card-head">
        <h2 class="card-title" id="comparison-title">Against another run</h2>
        {list.length > 0 && (
          <label class="inline-field">
            <span class="small muted">Compare with</span>
            <select class="input input--small" value={otherId} onChange={(event) => setOtherId(event.currentTarget.value)}>
              <option value="">choose a run</option>
              {list.map((each) => <option key={each.id} value={each.id}>{nameOf(each)}</option>)}
            </select>
          </label>
        )}
      </div>
      {others.kind === 'ready' && list.length === 0 && <p class="muted">This set was measured once. Measure it with another model to compare.</p>}
      {other && <Compared api={api} a={other} b={run} />}
    </section>
  );
}

function Compared({ api, a, b }: { readonly api: Api; readonly a: RunRow; readonly b: RunRow }) {
  const [loaded, retry] = useLoaded(`${a.id} ${b.id}`, async (signal) => (await api.run(COMPARE_RUNS, { a: a.id, b: b.id }, signal)).compareEvaluationRuns);
  if (loaded.kind === 'loading') return <p class="muted" role="status">Comparing…</p>;
  if (loaded.kind === 'failed') return <Notice tone="error" title="The runs could not be compared" action={{ label: 'Try again', run: retry }}>{loaded.error.message}</Notice>;
  return <ComparisonTable comparison={loaded.value} a={a} b={b} />;
}

function ComparisonTable({ comparison, a, b }: { readonly comparison: Comparison; readonly a: RunRow; readonly b: RunRow }) {
  const rows: readonly (readonly [string, FigureDifference])[] = [['UA', comparison.unweightedAccuracy], ['WA', comparison.weightedAccuracy], ['Macro F1', comparison.macroF1]];
  const isReal = comparison.pValue < 0.05;
  return (
    <>
      <div class="table-scroll" role="region" aria-labelledby="comparison-title" tabIndex={0}>
        <table class="table table--plain">
          <thead><tr><th scope="col">Figure</th><th scope="col">{nameOf(a)}</th><th scope="col">This run</th><th scope="col">Difference</th><th scope="col">95 %</th></tr></thead>
          <tbody>
            {rows.map(([name, figure]) => (
              <tr key={name}>
                <th scope="row">{name}</th><td>{formatFigure(figure.a)}</td><td>{formatFigure(figure.b)}</td><td><strong>{signed(figure.difference)}</strong></td>
                <td>{signed(figure.interval.low)} to {signed(figure.interval.high)}{figure.interval.low <= 0 && figure.interval.high >= 0 && <span class="small muted">may be none</span>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="small">
        Of {formatNumber(comparison.itemCount)} recordings both are right at {comparison.bothRight}, only the other at {comparison.onlyARight}, only this one ({b.modelId}) at {comparison.onlyBRight}, neither at {comparison.bothWrong}.
        McNemar’s test: p {comparison.pValue < 0.001 ? '< 0.001' : `= ${formatNumber(comparison.pValue, 3)}`}; {isReal ? 'the difference is unlikely to be chance.' : 'the difference may be chance.'}
      </p>
    </>
  );
}
