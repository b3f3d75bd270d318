import type { Logger } from 'pino';
import type { AnalysisRepository, PluginRepository, RecordingRepository } from './db/repositories.js';
import type { EventBus } from './domain/events.js';
import type { Settings } from './domain/settings.js';
import { loadPlugins, type BuiltInPlugins } from './plugins/load-plugins.js';
import { registerPlugins, type Plugins } from './plugins/registry.js';
import { createPluginData, createPluginStore } from './services/plugin-access.js';
import type { ReadLog } from './services/read-log.js';

export interface PluginSources {
  readonly events: EventBus;
  readonly recordings: RecordingRepository;
  readonly analyses: AnalysisRepository;
  readonly entries: PluginRepository;
  readonly reads: Pick<ReadLog, 'note'>;
  /** Told of every failure of a step, listener or field, for metrics. */
  readonly onFailure?: (plugin: string) => void;
}

/** The built-in plugins and those of the settings, registered. */
export async function composePlugins(settings: Settings, log: Logger, sources: PluginSources, builtIns: BuiltInPlugins = new Map()): Promise<Plugins> {
  return registerPlugins(await loadPlugins(settings.pluginsFile, builtIns), {
    events: sources.events,
    ...(sources.onFailure === undefined ? {} : { onFailure: sources.onFailure }),
    log: (plugin) => ({ info: (message) => log.info({ plugin }, message), warn: (message) => log.warn({ plugin }, message) }),
    store: (plugin) => createPluginStore(sources.entries, plugin),
    data: (plugin) => createPluginData(sources, plugin),
  });
}
