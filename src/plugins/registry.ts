import type { AnalysisOutcome } from '../domain/analysis.js';
import { UndertoneError } from '../domain/errors.js';
import type { EventBus } from '../domain/events.js';
import type { ScheduledTask } from '../domain/scheduled-task.js';
import { PLUGIN_API_VERSION, type Diarizer, type PluginHost, type PluginLog, type UndertonePlugin } from './contract.js';
import { createStepRunner, type RegisteredStep } from './step-runner.js';

const STOP_DEADLINE_MS = 5000;
/** The name of the plugin in ./diarization: its diarizer makes way for any other. */
export const BUILT_IN_DIARIZATION = 'diarization';

export interface PluginParts {
  readonly events: EventBus;
  readonly log: (pluginName: string) => PluginLog;
  /** Told of every failure of a step or listener, for metrics. */
  readonly onFailure?: (pluginName: string) => void;
}

export interface Plugins {
  readonly names: readonly string[];
  readonly tasks: readonly ScheduledTask[];
  /** A plugin's own, else the built-in one; null where neither is there. */
  readonly diarizer: Diarizer | null;
  afterPrediction(outcome: AnalysisOutcome, signal: AbortSignal): Promise<AnalysisOutcome>;
  stop(): Promise<void>;
}

/** Orders by dependency, checks, registers. Every fault is PLUGIN_INVALID with the plugin's name, before anything is served. */
export async function registerPlugins(given: readonly UndertonePlugin[], parts: PluginParts): Promise<Plugins> {
  const ordered = orderByDependency(given);
  const steps: RegisteredStep[] = [];
  const tasks: ScheduledTask[] = [];
  const stopListening: (() => void)[] = [];
  const diarizers: { readonly plugin: string; readonly diarizer: Diarizer }[] = [];

  for (const plugin of ordered) {
    let open = true;
    const log = parts.log(plugin.name);
    const whileOpen = (what: string): void => {
      if (!open) throw invalid(plugin.name, `called ${what} after register had ended; add everything during register`);
    };
    const host: PluginHost = {
      log,
      addStep(step) {
        whileOpen('addStep');
        if (steps.some((one) => one.pluginName === plugin.name && one.step.id === step.id)) throw invalid(plugin.name, `added two steps named ${step.id}`);
        steps.push({ pluginName: plugin.name, step });
      },
      listen(kind, listener) {
        whileOpen('listen');
        stopListening.push(parts.events.listen((event) => {
          if (event.kind !== kind) return;
          try {
            listener(event as Parameters<typeof listener>[0]);
          } catch (error) {
            parts.onFailure?.(plugin.name);
            log.warn(`a listener to ${kind} threw ${error instanceof Error ? error.name : 'something'}`);
          }
        }));
      },
      addTask(task) {
        whileOpen('addTask');
        if (tasks.some((one) => one.id === task.id)) throw invalid(plugin.name, `added a task ${task.id}, and there is one of that id already`);
        tasks.push(task);
      },
      addDiarizer(diarizer) {
        whileOpen('addDiarizer');
        const other = diarizers.find((one) => one.plugin !== BUILT_IN_DIARIZATION);
        if (other !== undefined && plugin.name !== BUILT_IN_DIARIZATION) throw invalid(plugin.name, `added a diarizer, and ${other.plugin} has added one already; load one of the two`);
        diarizers.push({ plugin: plugin.name, diarizer });
      },
    };
    try {
      await plugin.register(host);
    } catch (error) {
      if (error instanceof UndertoneError) throw error;
      throw invalid(plugin.name, 'threw while it registered', error);
    } finally {
      open = false;
    }
  }

  return {
    names: ordered.map((plugin) => plugin.name),
    tasks,
    diarizer: (diarizers.find((one) => one.plugin !== BUILT_IN_DIARIZATION) ?? diarizers[0])?.diarizer ?? null,
    afterPrediction: createStepRunner(steps, parts.onFailure),
    async stop() {
      for (const stop of stopListening) stop();
      const signal = AbortSignal.timeout(STOP_DEADLINE_MS);
      const expired = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      for (const plugin of [...ordered].reverse()) {
        await Promise.race([expired, (async () => plugin.stop?.(signal))().catch(() => parts.log(plugin.name).warn('threw while it stopped'))]);
      }
    },
  };
}

/** Dependencies first, otherwise in the order given. */
export function orderByDependency(plugins: readonly UndertonePlugin[]): readonly UndertonePlugin[] {
  const byName = new Map<string, UndertonePlugin>();
  for (const plugin of plugins) {
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(plugin.name)) throw invalid(plugin.name, 'has a name that is not kebab-case');
    if (plugin.apiVersion !== PLUGIN_API_VERSION) throw invalid(plugin.name, `is written for plugin API ${plugin.apiVersion}; this Undertone has ${PLUGIN_API_VERSION}`);
    if (byName.has(plugin.name)) throw invalid(plugin.name, 'is named twice');
    byName.set(plugin.name, plugin);
  }
  const ordered: UndertonePlugin[] = [];
  const visit = (plugin: UndertonePlugin, path: readonly string[]): void => {
    if (ordered.includes(plugin)) return;
    if (path.includes(plugin.name)) throw invalid(plugin.name, `depends on itself through ${[...path, plugin.name].join(' → ')}`);
    for (const name of plugin.dependsOn ?? []) {
      const needed = byName.get(name);
      if (needed === undefined) throw invalid(plugin.name, `needs the plugin ${name}, which is not configured`);
      visit(needed, [...path, plugin.name]);
    }
    ordered.push(plugin);
  };
  for (const plugin of plugins) visit(plugin, []);
  return ordered;
}

function invalid(name: string, reason: string, cause?: unknown): UndertoneError {
  return new UndertoneError('PLUGIN_INVALID', `The plugin ${name} ${reason}.`, { plugin: name }, { cause });
}
