import { isUndertoneError } from '../domain/errors.js';
import type { EventBus } from '../domain/events.js';
import type { EmotionInference } from '../inference/emotion-inference.js';
import { eventsOf } from './event-bus.js';
import { requireRole } from './permissions.js';
import type { ModelService } from './service-contracts.js';

export function createModelService(inference: EmotionInference, events: EventBus): ModelService {
  inference.onStateChanged((modelId, state) => events.publish({ kind: 'model.state', modelId, state }));
  return {
    list(principal) {
      requireRole(principal, 'viewer');
      return inference.manifests().map((manifest) => inference.status(manifest.id));
    },
    find(principal, id) {
      requireRole(principal, 'viewer');
      try {
        return inference.status(id);
      } catch (error) {
        // A model that was removed since: its old analyses stay readable and show none.
        if (isUndertoneError(error) && error.code === 'MODEL_UNKNOWN') return null;
        throw error;
      }
    },
    async load(principal, id) {
      requireRole(principal, 'admin');
      return inference.load(id);
    },
    async unload(principal, id) {
      requireRole(principal, 'admin');
      return inference.unload(id);
    },
    async *stateChanges(principal, signal) {
      requireRole(principal, 'viewer');
      for await (const modelId of eventsOf(events, (event) => (event.kind === 'model.state' ? event.modelId : null), signal)) yield inference.status(modelId);
    },
  };
}
