import type { ComponentChildren } from 'preact';
import type { CoveragePoint, EvaluationFigures, Interval, ReliabilityPoint } from '../evaluation-types.js';
import { formatShare } from '../format.js';
import { formatInterval } from './measured-figure.js';

const SIDE = 220;
const LEFT = 40;
const TOP = 8;
const TICKS = [0, 0.25, 0.5, 0.75, 1] as const;
const x = (share: number): number => LEFT + share * SIDE;
const y = (share: number): number => TOP + (1 - share) * SIDE;

/** Whether confidence means what it says, and what is gained by declining to answer. */
export function CalibrationCard({ figures }: { readonly figures: EvaluationFigures }) {
  const bins = figures.reliability.filter(({ count }) => count > 0);
  return (
    <section class="card stack" aria-labelledby="calibration-title">
      <h2 class="card-title" id="calibration-title">Confidence</h2>
      <div class="plots">
        <figure class="plot">
          <figcaption class="small"><strong>Reliability.</strong> On the dashed line, confidence is right as often as it says. Larger marks hold more recordings.</figcaption>
          <Reliability bins={bins} />
        </figure>
        <figure class="plot">
          <figcaption class="small"><strong>Coverage.</strong> Accuracy when only the surest share is answered.</figcaption>
          <Coverage points={figures.coverage} />
        </figure>
      </div>
      <details class="options">
        <summary>As tables</summary>
        <div class="stack">
          <NumbersTable name="Reliability" head={['Confidence', 'Accuracy', '95 %', 'Recordings']} rows={bins.map((bin) => [`${formatShare(bin.lower)} to ${formatShare(bin.upper)}`, bin.accuracy === null ? '–' : formatShare(bin.accuracy), formatInterval(bin.interval), String(bin.count)])} />
          <NumbersTable name="Coverage" head={['Answered', 'Accuracy', '95 %']} rows={figures.coverage.map((point) => [formatShare(point.coverage), formatShare(point.accuracy), formatInterval(point.interval)])} />
        </div>
      </details>
    </section>
  );
}

function Axes({ label, xName, children }: { readonly label: string; readonly xName: string; readonly children: ComponentChildren }) {
  return (
    <svg class="plot-area" viewBox={`0 0 ${LEFT + SIDE + 14} ${TOP + SIDE + 40}`} role="img" aria-label={label}>
      {TICKS.map((tick) => (
        <g key={tick}>
          <path class="plot-grid" d={`M${LEFT} ${y(tick)}h${SIDE}M${x(tick)} ${TOP}v${SIDE}`} />
          <text class="plot-tick" x={LEFT - 6} y={y(tick) + 4} text-anchor="end">{tick}</text>
          <text class="plot-tick" x={x(tick)} y={TOP + SIDE + 16} text-anchor="middle">{tick}</text>
        </g>
      ))}
      <text class="plot-tick" x={LEFT + SIDE / 2} y={TOP + SIDE + 34} text-anchor="middle">{xName}</text>
      {children}
    </svg>
  );
}

function Whisker({ at, interval }: { readonly at: number; readonly interval: Interval | null }) {
  return interval && <path class="plot-whisker" d={`M${x(at)} ${y(interval.low)}V${y(interval.high)}M${x(at) - 3} ${y(interval.low)}h6M${x(at) - 3} ${y(interval.high)}h6`} />;
}

function Reliability({ bins }: { readonly bins: readonly ReliabilityPoint[] }) {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const points = bins.flatMap(({ meanConfidence, accuracy, interval, count }) => (meanConfidence === null || accuracy === null ? [] : [{ meanConfidence, accuracy, interval, count }]));
  return (
    <Axes xName="confidence" label={`Accuracy by confidence: ${points.map(({ meanConfidence, accuracy }) => `${formatShare(meanConfidence)} sure, ${formatShare(accuracy)} right`).join('; ')}.`}>
      <path class="plot-ideal" d={`M${x(0)} ${y(0)}L${x(1)} ${y(1)}`} />
      <path class="plot-line" d={points.map(({ meanConfidence, accuracy }, index) => `${index === 0 ? 'M' : 'L'}${x(meanConfidence)} ${y(accuracy)}`).join('')} />
      {points.map(({ meanConfidence, accuracy, interval, count }) => (
        <g key={meanConfidence}>
          <Whisker at={meanConfidence} interval={interval} />
          <circle class="plot-mark" cx={x(meanConfidence)} cy={y(accuracy)} r={3 + 5 * Math.sqrt(count / most)} />
        </g>
      ))}
    </Axes>
  );
}

function Coverage({ points }: { readonly points: readonly CoveragePoint[] }) {
  const band = [...points.map(({ coverage, interval }) => `${x(coverage)} ${y(interval.high)}`), ...[...points].reverse().map(({ coverage, interval }) => `${x(coverage)} ${y(interval.low)}`)].join('L');
  return (
    <Axes xName="share answered" label={`Accuracy by the share answered: ${points.map(({ coverage, accuracy }) => `${formatShare(coverage)} answered, ${formatShare(accuracy)} right`).join('; ')}.`}>
      {points.length > 1 && <path class="plot-band" d={`M${band}Z`} />}
      <path class="plot-line" d={points.map(({ coverage, accuracy }, index) => `${index === 0 ? 'M' : 'L'}${x(coverage)} ${y(accuracy)}`).join('')} />
      {points.map(({ coverage, accuracy }) => <circle key={coverage} class="plot-mark" cx={x(coverage)} cy={y(accuracy)} r={3} />)}
    </Axes>
  );
}

function NumbersTable({ name, head, rows }: { readonly name: string; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }) {
  return (
    <div class="table-scroll" role="region" aria-label={name} tabIndex={0}>
      <table class="table table--plain">
        <caption class="small">{name}</caption>
        <thead><tr>{head.map((word) => <th key={word} scope="col">{word}</th>)}</tr></thead>
        <tbody>{rows.map((row) => <tr key={row[0]}>{row.map((cell, index) => <td key={head[index]} class="nowrap">{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}
