import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { LOAD_MODEL, UNLOAD_MODEL } from '../documents.js';
import { useModels } from '../hooks/use-models.js';
import { ModelCard } from './model-card.js';
import { Notice } from './notice.js';
import { PageHead } from './page-head.js';

export function ModelsPage({ api, isAdmin }: { readonly api: Api; readonly isAdmin: boolean }) {
  const { loaded: models, reload } = useModels();
  const [problem, setProblem] = useState<string | null>(null);

  const change = async (id: string, isLoad: boolean): Promise<void> => {
    try {
      const result = isLoad ? (await api.run(LOAD_MODEL, { id })).loadModel : (await api.run(UNLOAD_MODEL, { id })).unloadModel;
      setProblem(result.message ?? null);
    } catch (error) {
      setProblem(toApiError(error).message);
    }
    reload();
  };
  return (
    <>
      <PageHead title="Models" words="A model wakes when it is needed and sleeps when it is not, so that memory is given back." />
      {problem !== null && <Notice tone="error" title="That did not work">{problem}</Notice>}
      {models.kind === 'loading' && <p class="muted" role="status">Loading…</p>}
      {models.kind === 'failed' && <Notice tone="error" title="The models could not be loaded" action={{ label: 'Try again', run: reload }}>{models.error.message}</Notice>}
      {models.kind === 'ready' && models.value.length === 0 && <p>No model is installed. <code>undertone models list</code> shows what can be had.</p>}
      {models.kind === 'ready' && (
        <ul class="models">
          {models.value.map((model) => <li key={model.id}><ModelCard model={model} isAdmin={isAdmin} onLoad={() => void change(model.id, true)} onUnload={() => void change(model.id, false)} /></li>)}
        </ul>
      )}
    </>
  );
}
