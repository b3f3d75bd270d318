import { useEffect, useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { CANCEL } from '../documents.js';
import { followAnalysis, type Progress as ProgressState } from '../follow-analysis.js';
import { formatShare } from '../format.js';
import type { AnalysisDetail } from '../types.js';
import { Notice } from './notice.js';
import { Progress } from './progress.js';

interface Props {
  readonly api: Api;
  readonly analysis: AnalysisDetail;
  readonly canCancel: boolean;
  readonly onEnd: () => void;
}

/** An analysis under way, followed to its end. */
export function AnalysisProgress({ api, analysis, canCancel, onEnd }: Props) {
  const [state, setState] = useState<ProgressState>(analysis);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    followAnalysis(api, analysis.id, setState, abort.signal).then(
      () => {
        if (!abort.signal.aborted) onEnd();
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setProblem(toApiError(error).message);
      },
    );
    return () => abort.abort();
  }, [api, analysis.id]);

  const cancel = (): void => {
    api.run(CANCEL, { id: analysis.id }).then(({ cancelAnalysis }) => setProblem(cancelAnalysis.message ?? null), (error: unknown) => setProblem(toApiError(error).message));
  };
  return (
    <section class="card under-way" aria-label="Analysis under way">
      <div class="card-head">
        <p role="status">{state.status === 'QUEUED' ? 'Waiting for its turn…' : `Listening… ${formatShare(state.progress)}`}</p>
        {canCancel && <button type="button" class="button button--small" onClick={cancel}>Cancel</button>}
      </div>
      <Progress label="Analysis" fraction={state.status === 'QUEUED' ? null : state.progress} />
      {problem !== null && <Notice tone="error" title="That did not work">{problem}</Notice>}
    </section>
  );
}
