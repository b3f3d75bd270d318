import type { PluginHost } from './contract.js';
import { invalidPlugin } from './plugin-error.js';
import type { Additions, PluginParts } from './registry.js';

/** The name of the plugin in ./diarization: its diarizer makes way for any other. */
export const BUILT_IN_DIARIZATION = 'diarization';

const MAX_DEADLINE_MS = 24 * 3600 * 1000;

/** What a plugin gets in `register`. After `close` every addition throws PLUGIN_INVALID. */
export function openHost(plugin: string, added: Additions, parts: Pick<PluginParts, 'events' | 'log' | 'store' | 'data' | 'onFailure'>): { readonly host: PluginHost; readonly close: () => void } {
  let open = true;
  const log = parts.log(plugin);

  function whileOpen(what: string): void {
    if (!open) throw invalidPlugin(plugin, 'late-addition', `called ${what} after register had ended; add everything during register`);
  }
  /** Ids of one kind are unique over all plugins, so that a setting can name one. */
  function addUnique<T extends { readonly id: string }>(what: string, list: T[], item: T): void {
    whileOpen(what);
    if (typeof item.id !== 'string' || item.id === '') throw invalidPlugin(plugin, 'addition', `called ${what} with something that has no id`);
    if (list.some((one) => one.id === item.id)) throw invalidPlugin(plugin, 'duplicate', `called ${what} with the id ${item.id}, and there is one of that id already`);
    list.push(item);
  }
  function checkDeadline(id: string, deadlineMs: number): void {
    if (Number.isFinite(deadlineMs) && deadlineMs > 0 && deadlineMs <= MAX_DEADLINE_MS) return;
    throw invalidPlugin(plugin, 'addition', `gave ${id} a deadline of ${String(deadlineMs)} ms; it must be above 0 and at most a day`);
  }

  const host: PluginHost = {
    log,
    store: parts.store(plugin),
    data: parts.data(plugin),
    addStep(step) {
      whileOpen('addStep');
      if (added.steps.some((one) => one.pluginName === plugin && one.step.id === step.id)) throw invalidPlugin(plugin, 'duplicate', `added two steps named ${step.id}`);
      checkDeadline(`step ${step.id}`, step.deadlineMs);
      added.steps.push({ pluginName: plugin, step });
    },
    listen(kind, listener) {
      whileOpen('listen');
      const failed = (error: unknown): void => {
        parts.onFailure?.(plugin);
        log.warn(`a listener to ${kind} threw ${error instanceof Error ? error.name : 'something'}`);
      };
      added.stopListening.push(parts.events.listen((event) => {
        if (event.kind !== kind) return;
        try {
          // An async listener's rejection would otherwise end the process.
          Promise.resolve(listener(event as Parameters<typeof listener>[0])).catch(failed);
        } catch (error) {
          failed(error);
        }
      }));
    },
    listenDurably(kind, listener) {
      whileOpen('listenDurably');
      const id = `${plugin}/${listener.id}`;
      if (added.listeners.some((one) => one.id === id)) throw invalidPlugin(plugin, 'duplicate', `added two durable listeners named ${listener.id}`);
      checkDeadline(`listener ${listener.id}`, listener.deadlineMs);
      added.listeners.push({ id, plugin, kind, deadlineMs: listener.deadlineMs, run: (fact, context) => listener.run(fact as Parameters<typeof listener.run>[0], context) });
    },
    addTask: (task) => addUnique('addTask', added.tasks, task),
    addGraphql(addition) {
      whileOpen('addGraphql');
      added.graphql.push({ ...addition, plugin });
    },
    addModels(folder) {
      whileOpen('addModels');
      added.modelFolders.push(folder);
    },
    addTranscriber: (transcriber) => addUnique('addTranscriber', added.transcribers, transcriber),
    addDiarizer(diarizer) {
      whileOpen('addDiarizer');
      // An analysis has one: the built-in makes way, two of others would leave to chance who is heard.
      const other = added.diarizers.find((one) => one.plugin !== BUILT_IN_DIARIZATION);
      if (other !== undefined && plugin !== BUILT_IN_DIARIZATION) throw invalidPlugin(plugin, 'duplicate', `added a diarizer, and ${other.plugin} has added one already; load one of the two`);
      added.diarizers.push({ plugin, diarizer });
    },
    addNotifier: (notifier) => addUnique('addNotifier', added.notifiers, notifier),
  };
  return { host, close: () => { open = false; } };
}
