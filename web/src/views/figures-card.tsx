import type { EvaluationReport, Measured } from '../evaluation-types.js';
import { formatNumber, formatShare } from '../format.js';
import { formatFigure, formatInterval, IntervalBar } from './measured-figure.js';

interface Row { readonly name: string; readonly meaning: string; readonly figure: Measured; readonly isShare: boolean }

/** The figures of the whole run, each with its 95 % interval over whole speakers. */
export function FiguresCard({ report: { overall, softLabels, calibrationVersions } }: { readonly report: EvaluationReport }) {
  const rows: readonly Row[] = [
    { name: 'UA', meaning: 'unweighted accuracy: the mean of the classes', figure: overall.unweightedAccuracy, isShare: true },
    { name: 'WA', meaning: 'weighted accuracy: the share that is right', figure: overall.weightedAccuracy, isShare: true },
    { name: 'Macro F1', meaning: 'of precision and recall, the mean of the classes', figure: overall.macroF1, isShare: true },
    { name: 'Weighted F1', meaning: 'the same, by how often each class is there', figure: overall.weightedF1, isShare: true },
    { name: 'ECE', meaning: 'how far confidence is from being right that often; 0 is best', figure: overall.expectedCalibrationError, isShare: true },
    { name: 'Brier', meaning: 'squared error of the scores; 0 is best', figure: overall.brier, isShare: false },
    { name: 'Log loss', meaning: 'surprise at the true label; 0 is best', figure: overall.negativeLogLikelihood, isShare: false },
    ...(softLabels ? [
      { name: 'Vote share', meaning: `listeners who chose the answer, of ${softLabels.itemCount} with votes; listeners among themselves ${formatFigure(softLabels.listenerAgreement.value)}`, figure: softLabels.voteShare, isShare: true },
      { name: 'Jensen–Shannon', meaning: 'distance of the scores from the votes; 0 is best', figure: softLabels.jensenShannon, isShare: true },
    ] : []),
  ];
  const facts = [
    `${formatNumber(overall.itemCount)} recordings of ${formatNumber(overall.speakerCount)} speakers`,
    overall.notJudgedCount > 0 ? `${overall.notJudgedCount} not judged, counted as wrong` : '',
    `abstained at ${overall.abstainedCount} (${formatShare(overall.itemCount === 0 ? 0 : overall.abstainedCount / overall.itemCount)})`,
    overall.setCoverage === null ? '' : `prediction sets hold the truth in ${formatShare(overall.setCoverage)}, with ${formatNumber(overall.meanSetSize ?? 0, 2)} labels each`,
    calibrationVersions.length === 0 ? 'not calibrated' : `calibration ${calibrationVersions.join(', ')}`,
  ].filter(Boolean);
  return (
    <section class="card stack" aria-labelledby="figures-title">
      <h2 class="card-title" id="figures-title">Figures</h2>
      <dl class="measures">
        {rows.map(({ name, meaning, figure, isShare }) => (
          <div key={name} class="measure">
            <dt>{name}</dt>
            <dd>
              <span class="measure-value">{formatFigure(figure.value)}</span>
              {isShare && <IntervalBar figure={figure} />}
              <span class="small muted">{figure.interval === null ? 'no interval' : `95 %: ${formatInterval(figure.interval)}`}</span>
              <span class="small muted">{meaning}</span>
            </dd>
          </div>
        ))}
      </dl>
      <p class="small muted card-foot">{facts.join(' · ')}</p>
    </section>
  );
}
