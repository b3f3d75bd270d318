import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Database } from './db/database.js';
import { createNodeRepository } from './db/node.repository.js';
import { MAX_PAYLOAD_BYTES, openNotificationChannel } from './db/notification-channel.js';
import type { EventBus } from './domain/events.js';
import { newId } from './domain/ids.js';
import type { NodeModel, NodeRole } from './domain/node.js';
import type { Settings } from './domain/settings.js';
import type { ResidentInference } from './inference/resident-inference.js';
import { createModelDirectory, type ModelDirectory } from './services/model-directory.js';
import { bridgeEvents, createNodeMessages, NO_MESSAGES, type NodeMessages } from './services/node-messages.js';
import { createNodeRegistry, type NodeRegistry } from './services/node-registry.js';

/** What a process of the platform does. No role: a command at the machine, which takes no part. */
export interface PlatformRole {
  readonly roles: readonly NodeRole[];
  /** The worker takes jobs for these models alone; null: for all that are installed. */
  readonly models?: readonly string[] | null;
}

export const SERVER: PlatformRole = { roles: ['api', 'worker'] };
export const API_ALONE: PlatformRole = { roles: ['api'] };
export const OPERATOR: PlatformRole = { roles: [] };
export const workerOf = (models: readonly string[] | null): PlatformRole => ({ roles: ['worker'], models });

const CHANNEL = 'undertone';
/** How often a worker looks for models that were installed beside it. */
const RESCAN_MS = 30_000;

/** The line to the other nodes; nothing on the embedded database, which belongs to one process. */
export function composeMessages(database: Database, events: EventBus, nodeId: string, log: Logger): NodeMessages {
  if (database.embedded) return NO_MESSAGES;
  const messages = createNodeMessages(nodeId, MAX_PAYLOAD_BYTES, (listener) => openNotificationChannel({ connectionString: database.connectionString, channel: CHANNEL, log, ...listener }), (kind) => log.warn({ kind }, 'a message to the other nodes was too large and left out'));
  bridgeEvents(events, messages);
  return messages;
}

export interface Fleet {
  readonly registry: NodeRegistry;
  readonly directory: ModelDirectory;
  /** Ids of the models that this process takes jobs for; null: it takes every job. */
  holds(): readonly string[] | null;
  stop(): Promise<void>;
}

export interface FleetParts {
  readonly settings: Settings;
  readonly role: PlatformRole;
  readonly version: string;
  readonly nodeId: string;
  readonly database: Database;
  readonly inference: ResidentInference;
  readonly messages: NodeMessages;
  readonly events: EventBus;
  readonly log: Logger;
}

/** Who takes part and which models they hold. Throws MODEL_UNKNOWN when the role names a model that is not installed here. */
export async function composeFleet(parts: FleetParts): Promise<Fleet> {
  const { settings, role, database, inference, messages, events, log } = parts;
  const isWorker = role.roles.includes('worker');
  const chosen = role.models ?? null;
  for (const id of chosen ?? []) inference.manifest(id);
  const heldIds = (): readonly string[] => (isWorker ? inference.manifests().map(({ id }) => id).filter((id) => chosen?.includes(id) ?? true) : []);
  const held = (id: string): NodeModel => {
    const { manifest, state, provider, providerFallback, memoryBytes, queueLength } = inference.status(id);
    return { manifest, state, provider, providerFallback, memoryBytes, queueLength };
  };
  const registry = createNodeRegistry({
    id: parts.nodeId, roles: role.roles, host: hostname(), version: parts.version, concurrency: isWorker ? settings.workerConcurrency : 0,
    nodes: database.embedded || role.roles.length === 0 ? null : createNodeRepository(database),
    heldModels: () => heldIds().map(held),
    defaultModelId: () => (isWorker ? (heldIds().includes(inference.defaultModelId) ? inference.defaultModelId : (heldIds()[0] ?? null)) : null),
    announce: () => messages.send({ kind: 'node' }),
    onModelsChanged: (ids) => {
      for (const modelId of ids) events.relay({ kind: 'model.state', modelId, state: stateOf(directory, modelId) }, null);
    },
    onFault: (err) => log.warn({ err }, 'the heartbeat of this node could not be written or the others not be read; trying again'),
  });
  const directory = createModelDirectory({ inference, isWorker, nodes: () => registry.nodes(), wantedDefault: settings.defaultModel });

  inference.onStateChanged((modelId, state) => {
    events.publish({ kind: 'model.state', modelId, state });
    registry.touch();
  });
  events.watch((event) => {
    if (event.kind === 'events.missed') registry.lookSoon();
  });
  messages.onMessage((message) => {
    if (message.kind === 'node') registry.lookSoon();
    if (message.kind !== 'model' || !heldIds().includes(message.modelId)) return;
    // What becomes of it shows in the model's state, which the asking node waits for.
    inference[message.action](message.modelId).catch((err: unknown) => log.warn({ err, modelId: message.modelId }, `another node asked to ${message.action} a model, which failed`));
  });
  const rescan = isWorker && !database.embedded ? setInterval(() => inference.rescan(), RESCAN_MS).unref() : null;
  await registry.start();
  return {
    registry, directory,
    holds: () => (database.embedded && chosen === null ? null : heldIds()),
    stop: async () => {
      if (rescan !== null) clearInterval(rescan);
      await registry.stop();
    },
  };
}

export function newNodeId(): string {
  return newId('node');
}

function stateOf(directory: ModelDirectory, modelId: string): NodeModel['state'] {
  try {
    return directory.status(modelId).state;
  } catch {
    // The last node that held it is gone, and with it the model.
    return { kind: 'unloaded', reason: 'requested' };
  }
}
