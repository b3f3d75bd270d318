import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { formatNumber, formatShare, formatStretch } from '../format.js';
import { recordingHref } from '../hooks/use-route.js';
import { BACKTEST } from '../rule-documents.js';
import type { Backtest, RuleRange, RuleTarget } from '../rule-types.js';
import { speakerWord } from '../words.js';
import { DateRange } from './date-range.js';
import { Notice } from './notice.js';
import { TraceTable } from './trace-table.js';

/** What a rule would have done to what is stored. `target` null: there is nothing valid to try. */
export function RuleBacktest({ api, target }: { readonly api: Api; readonly target: RuleTarget | null }) {
  const [range, setRange] = useState<RuleRange>({});
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [result, setResult] = useState<{ readonly of: string; readonly backtest: Backtest } | null>(null);
  const key = JSON.stringify([target, range]);
  const run = async (): Promise<void> => {
    if (!target) return;
    setRunning(true);
    setProblem(null);
    try {
      const { backtestRule: answer } = await api.run(BACKTEST, { rule: target, range });
      if (answer.__typename === 'RuleBacktest') setResult({ of: key, backtest: answer as Backtest });
      else setProblem(answer.message ?? 'It could not be tried.');
    } catch (error) {
      setProblem(toApiError(error).message);
    } finally {
      setRunning(false);
    }
  };
  return (
    <section class="card stack" aria-labelledby="backtest-title">
      <h2 class="card-title" id="backtest-title">Try it on the past</h2>
      <p class="small muted">Looks at stored analyses with the rule as it stands in the editor. Nothing is written and nobody is told.</p>
      <div class="form-row">
        <DateRange range={range} onChange={setRange} />
        <button type="button" class="button" disabled={!target || isRunning} onClick={() => void run()}>{isRunning ? 'Looking…' : 'Try it'}</button>
      </div>
      {problem !== null && <Notice tone="error" title="It could not be tried">{problem}</Notice>}
      <div role="status">{result && result.of !== key && <p class="small muted">The rule or the days have changed since these figures.</p>}{result && <p class="visually-hidden">It would have fired {result.backtest.firingCount} times.</p>}</div>
      {result && <BacktestFigures backtest={result.backtest} />}
    </section>
  );
}

function BacktestFigures({ backtest }: { readonly backtest: Backtest }) {
  const { precision } = backtest;
  const figures = [
    { name: 'Would have fired', value: formatNumber(backtest.firingCount), meaning: `in ${formatNumber(backtest.firedAnalysisCount)} of ${formatNumber(backtest.analysisCount)} analyses, ${formatNumber(backtest.segmentCount)} segments` },
    { name: 'Per hour', value: backtest.firingsPerHour === null ? '–' : formatNumber(backtest.firingsPerHour, 1), meaning: 'of recordings' },
    { name: 'Left out', value: formatNumber(backtest.suppressedCount), meaning: 'by the cool-down' },
    { name: 'Precision', value: precision === null ? 'not known' : formatShare(precision.value), meaning: precision === null ? (backtest.precisionReason ?? '') : `${formatShare(precision.low)} to ${formatShare(precision.high)} (95 %): people agree with ${precision.rightCount} of ${precision.reviewedCount} reviewed` },
  ];
  return (
    <>
      <dl class="figures">
        {figures.map(({ name, value, meaning }) => <div key={name} class="figure"><dt>{name}</dt><dd><span class="figure-value">{value}</span><span class="small muted">{meaning}</span></dd></div>)}
      </dl>
      {backtest.nextAfter !== null && <p class="small muted">There is more than one look can read; narrow the days to see the rest.</p>}
      {backtest.examples.length > 0 && (
        <>
          <h3 class="field-label">Where it would have fired</h3>
          <ul class="alerts">
            {backtest.examples.map((example) => (
              <li key={`${example.analysisId} ${example.startSeconds} ${example.speakerKey}`} class="alert">
                <p><a href={recordingHref(example.recordingId, example.startSeconds)}>{formatStretch(example.startSeconds, example.endSeconds)} of a recording</a>{example.speakerKey !== null && <span class="muted"> · {speakerWord({ role: null, key: example.speakerKey })}</span>}</p>
                <details class="options"><summary>Why</summary><TraceTable trace={example.trace} /></details>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
