import { isUndertoneError, UndertoneError } from '../domain/errors.js';
import type { EventBus } from '../domain/events.js';
import type { NodeRecord } from '../domain/node.js';
import type { Principal } from '../domain/principal.js';
import type { EmotionInference } from '../inference/emotion-inference.js';
import type { AuditSink } from './audit.js';
import { eventsOf } from './event-bus.js';
import type { FleetModelStatus, ModelDirectory } from './model-directory.js';
import type { NodeMessages } from './node-messages.js';
import { requireScope } from './permissions.js';
import type { ModelService } from './service-contracts.js';

/** Longest wait for another node to load or unload a model; a large one takes a minute. */
const REMOTE_MS = 120_000;

export interface ModelServiceParts {
  /** Null where this process runs no models. */
  readonly inference: Pick<EmotionInference, 'load' | 'unload'> | null;
  readonly directory: ModelDirectory;
  readonly nodes: () => readonly NodeRecord[];
  readonly messages: Pick<NodeMessages, 'send'>;
  readonly events: EventBus;
  readonly audit: AuditSink;
  readonly remoteTimeoutMs?: number;
}

export function createModelService(parts: ModelServiceParts): ModelService {
  const { inference, directory, messages, events, remoteTimeoutMs = REMOTE_MS } = parts;

  /** Here, where models run here, and on every other node that holds it. */
  async function onAll(principal: Principal, action: 'load' | 'unload', id: string): Promise<FleetModelStatus> {
    const before = directory.status(id);
    const isHere = inference !== null;
    if (!isHere && before.nodes.length === 0) {
      throw new UndertoneError('MODEL_LOAD_FAILED', `No worker that lives holds the model "${before.manifest.id}". Start one (\`undertone worker\`), then try again.`, { retryAfterMs: 5000 });
    }
    await parts.audit.record(null, principal, { action: `model.${action}-requested`, subjectKind: 'model', subjectId: id });
    messages.send({ kind: 'model', action, modelId: id });
    if (isHere) {
      await inference[action](id);
      return directory.status(id);
    }
    return await remoteEnd(action, id);
  }

  /** Waits until the workers say that they have done it: one is enough for a load, an unload needs all. */
  async function remoteEnd(action: 'load' | 'unload', id: string): Promise<FleetModelStatus> {
    const timeout = AbortSignal.timeout(remoteTimeoutMs);
    let triedHere = false;
    for await (const status of changesOf(timeout, id)) {
      const kinds = status.nodes.map(({ state }) => state.kind);
      if (action === 'unload' && kinds.every((kind) => kind === 'unloaded')) return status;
      if (action === 'load' && kinds.some((kind) => kind === 'ready' || kind === 'busy')) return status;
      triedHere ||= kinds.includes('loading');
      const failed = status.nodes.find(({ state }) => state.kind === 'failed')?.state;
      if (action === 'load' && triedHere && failed?.kind === 'failed' && kinds.every((kind) => kind === 'failed' || kind === 'unloaded')) {
        throw new UndertoneError('MODEL_LOAD_FAILED', `The model "${id}" could not be loaded: ${failed.message}`, { retryAfterMs: 5000 });
      }
    }
    throw new UndertoneError('MODEL_LOAD_FAILED', `The workers did not ${action} the model "${id}" within ${remoteTimeoutMs} ms. See \`models\` for where it stands.`, { retryAfterMs: 5000 });
  }

  /** The status now, then after every change anywhere. */
  async function* changesOf(signal: AbortSignal, id: string): AsyncGenerator<FleetModelStatus> {
    const changes = eventsOf(events, (event) => (event.kind === 'model.state' && event.modelId === id ? id : null), signal, () => id);
    yield directory.status(id);
    for await (const changed of changes) yield directory.status(changed);
  }

  return {
    list(principal) {
      requireScope(principal, 'models:read');
      return directory.list();
    },
    nodes(principal) {
      requireScope(principal, 'models:read');
      return parts.nodes();
    },
    find(principal, id) {
      requireScope(principal, 'models:read');
      try {
        return directory.status(id);
      } catch (error) {
        // A model that was removed since: its old analyses stay readable and show none.
        if (isUndertoneError(error) && error.code === 'MODEL_UNKNOWN') return null;
        throw error;
      }
    },
    async load(principal, id) {
      requireScope(principal, 'models:admin');
      return onAll(principal, 'load', id);
    },
    async unload(principal, id) {
      requireScope(principal, 'models:admin');
      return onAll(principal, 'unload', id);
    },
    async *stateChanges(principal, signal) {
      requireScope(principal, 'models:read');
      // After a gap every model is told anew: what changed in it is not known.
      const changed = eventsOf(events, (event) => (event.kind === 'model.state' ? [event.modelId] : null), signal, () => directory.list().map(({ manifest }) => manifest.id));
      for await (const ids of changed) for (const id of ids) yield directory.status(id);
    },
  };
}
