import { useEffect, useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { ACCEPT_RUN, CANCEL_RUN, EVALUATION_RUN, RUN_PROGRESS } from '../evaluation-documents.js';
import type { RunDetail } from '../evaluation-types.js';
import { isFinished } from '../follow-analysis.js';
import { formatMoment, formatShare } from '../format.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { sectionHref } from '../hooks/use-route.js';
import { Icon } from './icon.js';
import { formatFigure } from './measured-figure.js';
import { Notice } from './notice.js';
import { PageHead } from './page-head.js';
import { Progress } from './progress.js';
import { RunFiles } from './run-files.js';
import { RunReport } from './run-report.js';

const POLL_INTERVAL_MS = 1500;

interface Props { readonly api: Api; readonly id: string; readonly canRun: boolean }

/** One run: on its way, or everything that it measured. */
export function RunPage({ api, id, canRun }: Props) {
  const [loaded, reload] = useLoaded(id, async (signal) => (await api.run(EVALUATION_RUN, { id }, signal)).evaluationRun);
  const [problem, setProblem] = useState<string | null>(null);
  const run = loaded.kind === 'ready' ? loaded.value : null;
  const ask = async (work: () => Promise<{ readonly message?: string }>): Promise<void> => {
    try {
      setProblem((await work()).message ?? null);
    } catch (error) {
      setProblem(toApiError(error).message);
    }
    reload();
  };
  return (
    <>
      <a class="back back--always" href={sectionHref('evaluation')}><Icon name="back" /> All runs</a>
      {loaded.kind === 'loading' && <p class="muted" role="status">Loading…</p>}
      {loaded.kind === 'failed' && <Notice tone="error" title="The run could not be loaded" action={{ label: 'Try again', run: reload }}>{loaded.error.message}</Notice>}
      {loaded.kind === 'ready' && !run && <Notice tone="error" title="There is no such run">Its set may have been deleted.</Notice>}
      {problem !== null && <Notice tone="error" title="That did not work">{problem}</Notice>}
      {run && (
        <>
          <PageHead title={`${run.modelId} on ${run.set?.name ?? 'a deleted set'}`} words={[run.modelVersion ?? '', run.split === null ? '' : `split ${run.split}`, run.raw ? 'raw' : '', `asked for ${formatMoment(run.createdAt)}`, run.acceptedAt === null ? '' : `accepted ${formatMoment(run.acceptedAt)}`].filter(Boolean).join(' · ')}>
            {run.report && <RunFiles api={api} run={run} />}
            {run.report && canRun && run.acceptedAt === null && <button type="button" class="button" onClick={() => void ask(async () => (await api.run(ACCEPT_RUN, { id })).acceptEvaluationRun)}>Accept as reference</button>}
          </PageHead>
          {!isFinished(run.status) && <RunProgress api={api} run={run} canRun={canRun} onEnd={reload} onCancel={() => void ask(async () => (await api.run(CANCEL_RUN, { id })).cancelEvaluationRun)} />}
          {run.status === 'FAILED' && <Notice tone="error" title="This run failed">{run.problem ? `${run.problem.message} (${run.problem.code})` : 'The server gave no reason; its log has one.'}</Notice>}
          {run.status === 'CANCELLED' && <Notice tone="warning" title="This run was cancelled" />}
          {run.alarm && <Notice tone="error" title="Unweighted accuracy has fallen">It is {formatFigure(run.alarm.unweightedAccuracy)}; the accepted run had {formatFigure(run.alarm.acceptedUnweightedAccuracy)}, with {formatFigure(run.alarm.acceptedLow)} as the lower end of its interval.</Notice>}
          {run.report && <RunReport api={api} run={run} report={run.report} />}
        </>
      )}
    </>
  );
}

function RunProgress({ api, run, canRun, onEnd, onCancel }: { readonly api: Api; readonly run: RunDetail; readonly canRun: boolean; readonly onEnd: () => void; readonly onCancel: () => void }) {
  const [state, setState] = useState<Pick<RunDetail, 'status' | 'progress'>>(run);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setInterval(() => {
      api.run(RUN_PROGRESS, { id: run.id }, abort.signal).then(({ evaluationRun }) => {
        if (abort.signal.aborted) return;
        if (evaluationRun) setState(evaluationRun);
        if (!evaluationRun || isFinished(evaluationRun.status)) onEnd();
      }, () => undefined);
    }, POLL_INTERVAL_MS);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [api, run.id]);
  return (
    <section class="card under-way" aria-label="Run under way">
      <div class="card-head">
        <p role="status">{state.status === 'QUEUED' ? 'Waiting for its turn…' : `Measuring… ${formatShare(state.progress)}`}</p>
        {canRun && <button type="button" class="button button--small" onClick={onCancel}>Cancel</button>}
      </div>
      <Progress label="Evaluation" fraction={state.status === 'QUEUED' ? null : state.progress} />
    </section>
  );
}
