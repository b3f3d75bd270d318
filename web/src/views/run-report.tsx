import type { Api } from '../api.js';
import type { EvaluationReport, RunDetail } from '../evaluation-types.js';
import { ConfusionCard } from './confusion-card.js';
import { CalibrationCard } from './calibration-card.js';
import { FiguresCard } from './figures-card.js';
import { MistakesCard } from './mistakes-card.js';
import { Notice } from './notice.js';
import { RunComparison } from './run-comparison.js';
import { ClassesCard, SlicesCard } from './slices-card.js';

export function RunReport({ api, run, report }: { readonly api: Api; readonly run: RunDetail; readonly report: EvaluationReport }) {
  const { labels, overall } = report;
  const doubts = [
    ...report.warnings,
    ...report.unknownLabels.map(({ label, count, suggestion }) => `${count} labelled “${label}” are left out: the model does not know it${suggestion === null ? '' : `; did you mean “${suggestion}”?`}`),
    ...(report.failed.length === 0 ? [] : [`${report.failed.length} could not be analysed: ${[...new Set(report.failed.map(({ code }) => code))].join(', ')}.`]),
  ];
  return (
    <>
      {doubts.length > 0 && <Notice tone="warning" title="Bear in mind"><ul class="stack">{doubts.map((doubt) => <li key={doubt}>{doubt}</li>)}</ul></Notice>}
      <FiguresCard report={report} />
      <div class="columns">
        <div>
          <ConfusionCard labels={labels} rows={overall.confusion} />
          <ClassesCard classes={overall.perClass} />
        </div>
        <div>
          <CalibrationCard figures={overall} />
          <SlicesCard slices={report.slices} />
        </div>
      </div>
      <RunComparison api={api} run={run} />
      <MistakesCard mistakes={report.mostConfidentMistakes} labels={labels} />
    </>
  );
}
