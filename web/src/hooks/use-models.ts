import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Api } from '../api.js';
import { MODEL_EVENTS, MODELS } from '../documents.js';
import type { Model } from '../types.js';
import { useLoaded, type Loaded } from './use-loaded.js';

export interface Models { readonly loaded: Loaded<readonly Model[]>; readonly reload: () => void }

/** One list and one subscription for the whole page, however many places show a model. */
export const ModelsContext = createContext<Models>({ loaded: { kind: 'loading' }, reload: () => undefined });

export function useModels(): Models {
  return useContext(ModelsContext);
}

/** The models, kept up to date by `modelStateChanged`. Without a WebSocket they are as of the last `reload()`. */
export function useLiveModels(api: Api): Models {
  const [loaded, reload] = useLoaded('models', async (signal) => (await api.run(MODELS, {}, signal)).models);
  const [changed, setChanged] = useState<ReadonlyMap<string, Model>>(new Map());
  useEffect(() => setChanged(new Map()), [loaded]);
  useEffect(() => api.subscribe(MODEL_EVENTS, {}, ({ modelStateChanged: model }) => {
    setChanged((old) => new Map(old).set(model.id, model));
  }, () => undefined), [api]);
  if (loaded.kind !== 'ready') return { loaded, reload };
  return { loaded: { kind: 'ready', value: loaded.value.map((model) => changed.get(model.id) ?? model) }, reload };
}
