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
  /** Enough is new to look at what is finished so far. */
  readonly onPart: () => void;
  readonly onEnd: () => void;
}

/** Growth of progress between two looks at the parts: twenty looks at most, however long the recording. */
const PART = 0.05;

/** An analysis under way, followed to its end. */
export function AnalysisProgress({ api, analysis, canCancel, onPart, onEnd }: Props) {
  const [state, setState] = useState<ProgressState>(analysis);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    let seen = 0;
    const note = (next: ProgressState): void => {
      setState(next);
      if (next.status !== 'RUNNING' || next.progress - seen < PART) return;
      seen = next.progress;
      onPart();
    };
    followAnalysis(api, analysis.id, note, abort.signal).then(
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
