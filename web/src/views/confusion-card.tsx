import { formatShare } from '../format.js';

/** Darkest shade in per cent: the numbers stay readable on it in both colour schemes. */
const DARKEST = 45;

/** What was heard as what, as shades and numbers: a table, so that it can be read aloud and in black and white. */
export function ConfusionCard({ labels, rows }: { readonly labels: readonly string[]; readonly rows: readonly (readonly number[])[] }) {
  const hasNotJudged = rows.some((row) => (row[labels.length] ?? 0) > 0);
  const columns = hasNotJudged ? [...labels, 'not judged'] : labels;
  return (
    <section class="card stack" aria-labelledby="confusion-title">
      <h2 class="card-title" id="confusion-title">What was heard as what</h2>
      <div class="table-scroll" role="region" aria-labelledby="confusion-title" tabIndex={0}>
        <table class="heat">
          <caption class="small muted">Rows: the true label. Columns: the answer. Shade: share of the row.</caption>
          <thead><tr><td />{columns.map((label) => <th key={label} scope="col">{label}</th>)}</tr></thead>
          <tbody>
            {labels.map((truth, row) => {
              const counts = rows[row] ?? [];
              const support = counts.reduce((sum, count) => sum + count, 0);
              return (
                <tr key={truth}>
                  <th scope="row">{truth}</th>
                  {columns.map((answer, column) => {
                    const count = counts[column] ?? 0;
                    const share = support === 0 ? 0 : count / support;
                    return (
                      <td key={answer} class={answer === truth ? 'heat-right' : undefined} style={{ background: `color-mix(in srgb, var(--accent) ${(share * DARKEST).toFixed(1)}%, var(--surface))` }}>
                        {count === 0 ? <span class="muted">0</span> : <>{count}<span class="heat-share">{formatShare(share)}</span></>}
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
