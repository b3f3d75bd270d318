import type { DomainEvent, EventBus } from '../domain/events.js';
import type { JsonValue } from '../domain/json.js';
import type { PluginData, PluginStore } from './contract.js';
import type { PluginParts } from './registry.js';

/** A host that keeps everything in memory; `lines` is what was logged. */
export function memoryParts(data: Partial<PluginData> = {}): PluginParts & { readonly events: Pick<EventBus, 'listen' | 'publish'>; readonly lines: string[] } {
  const listeners = new Set<(event: DomainEvent) => void>();
  const lines: string[] = [];
  const stores = new Map<string, PluginStore>();
  return {
    lines,
    events: {
      publish: (event) => [...listeners].forEach((listener) => listener(event)),
      listen: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    log: (plugin) => ({ info: (message) => void lines.push(`${plugin}: ${message}`), warn: (message) => void lines.push(`${plugin}: ${message}`) }),
    store: (plugin) => {
      const store = stores.get(plugin) ?? memoryStore();
      stores.set(plugin, store);
      return store;
    },
    data: () => ({
      recording: () => Promise.resolve(null), analysis: () => Promise.resolve(null), segments: () => Promise.resolve([]), speakers: () => Promise.resolve([]), result: () => Promise.resolve(undefined), ...data,
    }),
  };
}

function memoryStore(): PluginStore {
  const rows = new Map<string, string>();
  const keyOf = (workspaceId: string, key: string): string => `${workspaceId}\n${key}`;
  return {
    get: (workspaceId, key) => {
      const text = rows.get(keyOf(workspaceId, key));
      return Promise.resolve(text === undefined ? undefined : (JSON.parse(text) as JsonValue));
    },
    set: (workspaceId, key, value) => Promise.resolve(void rows.set(keyOf(workspaceId, key), JSON.stringify(value))),
    delete: (workspaceId, key) => Promise.resolve(rows.delete(keyOf(workspaceId, key))),
    list: (workspaceId, { prefix = '', after = '' } = {}) => Promise.resolve([...rows]
      .filter(([key]) => key.startsWith(keyOf(workspaceId, prefix)))
      .map(([key, text]) => ({ key: key.slice(workspaceId.length + 1), value: JSON.parse(text) as JsonValue }))
      .filter(({ key }) => key > after).sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, 1000)),
  };
}
