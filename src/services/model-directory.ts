import { UndertoneError } from '../domain/errors.js';
import type { ModelManifest, ModelStatus } from '../domain/model.js';
import { mergedStatus, type NodeModel, type NodeRecord } from '../domain/node.js';
import type { EmotionInference } from '../inference/emotion-inference.js';

/** A model and the nodes that hold it. */
export interface FleetModelStatus extends ModelStatus {
  readonly nodes: readonly (NodeModel & { readonly nodeId: string; readonly host: string })[];
}

/** Which models the platform has, wherever they are held. */
export interface ModelDirectory {
  readonly defaultModelId: string;
  /** Throws MODEL_UNKNOWN listing what there is. */
  manifest(modelId: string): ModelManifest;
  /** Throws MODEL_UNKNOWN. */
  status(modelId: string): FleetModelStatus;
  list(): readonly FleetModelStatus[];
  /** Whether a node that lives takes jobs for it. */
  isHeld(modelId: string): boolean;
}

export interface ModelDirectoryParts {
  readonly inference: Pick<EmotionInference, 'manifests' | 'manifest' | 'status' | 'defaultModelId'>;
  /** Whether this process takes jobs. One that does not shows the models of those that do, and beside them what lies on its own disk. */
  readonly isWorker: boolean;
  readonly nodes: () => readonly NodeRecord[];
  /** The setting, where there is one. */
  readonly wantedDefault: string | null;
}

export function createModelDirectory({ inference, isWorker, nodes, wantedDefault }: ModelDirectoryParts): ModelDirectory {
  const holdersOf = (modelId: string): FleetModelStatus['nodes'] =>
    nodes().flatMap((node) => node.models.filter(({ manifest }) => manifest.id === modelId).map((model) => ({ ...model, nodeId: node.id, host: node.host })));

  const ids = (): readonly string[] => [...new Set([...inference.manifests().map(({ id }) => id), ...nodes().flatMap(({ models }) => models.map(({ manifest }) => manifest.id))])];

  function defaultModelId(): string {
    if (wantedDefault !== null) return wantedDefault;
    if (isWorker) return inference.defaultModelId;
    const workers = nodes().filter((node) => node.roles.includes('worker') && node.defaultModelId !== null);
    // Where the workers disagree, or there are none just now, this node's own choice decides.
    return workers.some((node) => node.defaultModelId === inference.defaultModelId) ? inference.defaultModelId : (workers[0]?.defaultModelId ?? inference.defaultModelId);
  }

  function status(modelId: string): FleetModelStatus {
    const holders = holdersOf(modelId);
    const isDefault = modelId === defaultModelId();
    if (holders.length > 0) return { ...mergedStatus(holders, isDefault), nodes: holders };
    try {
      return { ...inference.status(modelId), isDefault, nodes: [] };
    } catch (error) {
      if (!(error instanceof UndertoneError) || error.code !== 'MODEL_UNKNOWN') throw error;
      const known = ids();
      throw new UndertoneError('MODEL_UNKNOWN', `No model "${modelId.slice(0, 64)}" is installed. ${known.length > 0 ? `Installed: ${known.join(', ')}.` : 'No model is installed: run `undertone models list`.'}`, { installed: known }, { cause: error });
    }
  }

  return {
    get defaultModelId() {
      return defaultModelId();
    },
    manifest: (modelId) => status(modelId).manifest,
    status,
    list: () => ids().map(status),
    isHeld: (modelId) => holdersOf(modelId).length > 0,
  };
}
