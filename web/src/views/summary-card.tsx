import { formatLength, formatShare } from '../format.js';
import { toneOf } from '../palette.js';
import type { AnalysisDetail, Summary } from '../types.js';
import { gateWord, listWords } from '../words.js';

/** The whole recording in one card: what is expressed most, how sure that is, and every score as a bar. */
export function SummaryCard({ analysis }: { readonly analysis: AnalysisDetail }) {
  const { summary, gate, model, modelVersion } = analysis;
  const leftOut = gate?.leftOut?.filter(({ seconds }) => seconds >= 0.05) ?? [];
  return (
    <section class="card" aria-labelledby="summary-title">
      <h2 class="card-title" id="summary-title">Expressed in the voice</h2>
      {summary ? <SummaryBody summary={summary} labels={model.labels} /> : (
        <p class="headline headline--none">Nothing was judged{gate ? `: heard as ${gateWord(gate.kind)}` : ''}.</p>
      )}
      {gate && <p class="small muted">{gate.reason}</p>}
      {leftOut.length > 0 && (
        <ul class="left-out" aria-label="Left out of the result">
          {leftOut.map(({ kind, seconds }) => <li key={kind} class="small"><span class="tone"><span class="tone-swatch tone-swatch--hatched" aria-hidden="true" />{kind === 'SILENCE' ? 'pauses' : gateWord(kind)} {formatLength(seconds)}</span></li>)}
        </ul>
      )}
      <p class="small muted card-foot">{model.name} {modelVersion ?? ''}. This describes how the voice sounds to the model, not what somebody feels.</p>
    </section>
  );
}

function SummaryBody({ summary, labels }: { readonly summary: Summary; readonly labels: readonly string[] }) {
  const scores = [...summary.scores].sort((a, b) => b.score - a.score);
  return (
    <>
      <p class="headline">{summary.abstained ? 'Not sure' : `Mostly ${summary.label}`}</p>
      <p class="small">
        {summary.abstained && summary.predictionSet.length > 1 && <>It may be {listWords(summary.predictionSet)}. </>}
        Confidence <strong>{formatShare(summary.confidence)}</strong>
        <span class="muted">{summary.calibrated ? ', calibrated: right about that often' : ', a plain score: not calibrated'}</span>
      </p>
      <ul class="scores" aria-label="Scores">
        {scores.map(({ label, score }) => (
          <li key={label} class="score">
            <span class="score-label">{label}</span>
            <span class="score-track" aria-hidden="true"><span class="score-bar" style={{ width: `${(score * 100).toFixed(1)}%`, background: toneOf(label, labels) }} /></span>
            <span class="score-value">{formatShare(score)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
