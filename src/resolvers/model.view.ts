import { visibleLabels } from '../domain/scores.js';
import { resultDigest, type ModelState } from '../domain/model.js';
import type { FleetModelStatus } from '../services/model-directory.js';
import type { ModelType } from './model.type.js';
import type { Plain } from './plain.js';
import type { RequestContext } from './request-context.js';

export function modelView(status: FleetModelStatus): Plain<ModelType> {
  const { manifest, state } = status;
  return {
    id: manifest.id,
    name: manifest.name,
    version: manifest.version,
    digest: resultDigest(manifest),
    labels: visibleLabels(manifest),
    embeddingDimension: manifest.embeddingDimension,
    frameHopSeconds: manifest.frameHopSamples / manifest.sampleRateHz,
    maxWindowSeconds: manifest.maxWindowSeconds,
    license: manifest.license,
    attribution: manifest.attribution ?? null,
    precision: manifest.precision ?? 'f32',
    quantization: manifest.quantization ?? null,
    isDefault: status.isDefault,
    calibrated: manifest.calibration !== undefined,
    state: state.kind,
    stateMessage: stateMessage(state),
    provider: status.provider,
    providerFallback: status.providerFallback,
    loadMs: state.kind === 'ready' || state.kind === 'busy' ? state.loadMs : null,
    memoryBytes: status.memoryBytes,
    queueLength: status.queueLength,
    nodes: status.nodes.map((node) => ({
      nodeId: node.nodeId, host: node.host, state: node.state.kind, stateMessage: stateMessage(node.state), provider: node.provider, memoryBytes: node.memoryBytes, queueLength: node.queueLength,
    })),
  };
}

function stateMessage(state: ModelState): string | null {
  switch (state.kind) {
    case 'failed':
      return state.message;
    case 'unloaded':
      return { 'never-loaded': 'Not asked for yet.', idle: 'Unloaded after standing idle.', requested: 'Unloaded on request.' }[state.reason];
    default:
      return null;
  }
}

/** What an analysis or embedding remembers of its model. */
export interface KnownModel {
  readonly id: string;
  readonly version?: string | null;
  readonly digest?: string | null;
  readonly labels?: readonly string[];
  readonly embeddingDimension?: number;
}

/** The model of a stored result. It may have been removed since: results outlive models, so the rest is then left empty. */
export function modelOf(context: RequestContext, known: KnownModel): Plain<ModelType> {
  const status = context.services.models.find(context.principal, known.id);
  if (status !== null) return modelView(status);
  return {
    id: known.id, name: known.id, version: known.version ?? '', digest: known.digest ?? '', labels: known.labels ?? [], embeddingDimension: known.embeddingDimension ?? 0,
    frameHopSeconds: 0, maxWindowSeconds: 0, license: '', attribution: null, precision: 'f32', quantization: null, isDefault: false, calibrated: false,
    state: 'unloaded', stateMessage: 'This model is not installed any more.', provider: 'cpu', providerFallback: null, loadMs: null, memoryBytes: null, queueLength: 0, nodes: [],
  };
}
