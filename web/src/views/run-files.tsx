import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { RUN_FILES } from '../evaluation-documents.js';
import type { RunDetail } from '../evaluation-types.js';

const KINDS = { html: 'text/html', json: 'application/json', csv: 'text/csv' } as const;

/** The report as files. They come over the API, so that no address holds a key. */
export function RunFiles({ api, run }: { readonly api: Api; readonly run: RunDetail }) {
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (kind: keyof typeof KINDS): Promise<void> => {
    try {
      const text = (await api.run(RUN_FILES, { id: run.id })).evaluationRun?.[kind];
      if (text == null) return;
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([text], { type: KINDS[kind] }));
      link.download = `evaluation-${run.id}.${kind}`;
      link.click();
      URL.revokeObjectURL(link.href);
      setProblem(null);
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  return (
    <div class="inline-form" role="group" aria-label="Save the report">
      {(Object.keys(KINDS) as (keyof typeof KINDS)[]).map((kind) => <button key={kind} type="button" class="button button--small" aria-label={`Save as ${kind.toUpperCase()}`} onClick={() => void save(kind)}>{kind.toUpperCase()}</button>)}
      {problem !== null && <p class="small field-problem" role="alert">{problem}</p>}
    </div>
  );
}
