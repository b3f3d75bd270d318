import type { ClassFigures, Slice } from '../evaluation-types.js';
import { formatNumber } from '../format.js';
import { Figure, IntervalBar } from './measured-figure.js';
import { ToneLabel } from './tone-label.js';

export function ClassesCard({ classes }: { readonly classes: readonly ClassFigures[] }) {
  const labels = classes.map(({ label }) => label);
  return (
    <section class="card stack" aria-labelledby="classes-title">
      <h2 class="card-title" id="classes-title">By label</h2>
      <div class="table-scroll" role="region" aria-labelledby="classes-title" tabIndex={0}>
        <table class="table table--plain">
          <thead><tr><th scope="col">Label</th><th scope="col">Recordings</th><th scope="col">Precision</th><th scope="col">Recall</th><th scope="col">F1</th></tr></thead>
          <tbody>
            {classes.map(({ label, support, precision, recall, f1 }) => (
              <tr key={label}>
                <td><ToneLabel label={label} labels={labels} /></td><td>{formatNumber(support)}</td>
                <td><Figure figure={precision} /></td><td><Figure figure={recall} /><IntervalBar figure={recall} /></td><td><Figure figure={f1} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The same figures of parts of the set: where a model does worse than on the whole. */
export function SlicesCard({ slices }: { readonly slices: readonly Slice[] }) {
  return (
    <section class="card stack" aria-labelledby="slices-title">
      <h2 class="card-title" id="slices-title">By condition</h2>
      {slices.length === 0 ? <p class="muted">Nothing is known by which the recordings could be told apart.</p> : (
        <div class="table-scroll" role="region" aria-labelledby="slices-title" tabIndex={0}>
          <table class="table table--plain">
            <thead><tr><th scope="col">Condition</th><th scope="col">Recordings</th><th scope="col">UA</th><th scope="col">ECE</th></tr></thead>
            <tbody>
              {slices.map((slice) => (
                <tr key={`${slice.dimension} ${slice.value}`} class={slice.isSmall ? 'is-small' : undefined}>
                  <td><span class="muted">{slice.dimension}</span> {slice.value}</td>
                  <td>{formatNumber(slice.itemCount)}{slice.isSmall && <span class="small muted">few: a hint at most</span>}</td>
                  <td><Figure figure={slice.unweightedAccuracy} /><IntervalBar figure={slice.unweightedAccuracy} isFaint={slice.isSmall} /></td>
                  <td><Figure figure={slice.expectedCalibrationError} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
