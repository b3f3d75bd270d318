import type { EventBus } from '../domain/events.js';
import type { StepFigures } from '../domain/plugin-figures.js';
import type { ScheduledTask } from '../domain/scheduled-task.js';
import { UndertoneError } from '../domain/errors.js';
import type { Diarizer, GraphqlAddition, Notifier, PluginData, PluginLog, PluginStore, Transcriber, UndertonePlugin } from './contract.js';
import { DeadlineError, withDeadline } from './deadline.js';
import { createFactDelivery, type FactDelivery, type RegisteredListener } from './fact-delivery.js';
import { createFieldGuard } from './field-guard.js';
import { BUILT_IN_DIARIZATION, openHost } from './plugin-host.js';
import { invalidPlugin } from './plugin-error.js';
import { orderByDependency } from './plugin-order.js';
import { createStepRunner, type AnalysisSteps, type RegisteredStep } from './step-runner.js';

const REGISTER_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 5000;

export interface PluginParts {
  readonly events: Pick<EventBus, 'listen'>;
  readonly log: (pluginName: string) => PluginLog;
  readonly store: (pluginName: string) => PluginStore;
  readonly data: (pluginName: string) => PluginData;
  readonly now?: () => number;
  readonly registerDeadlineMs?: number;
  /** How long a GraphQL field has; 30 s unless told. */
  readonly fieldDeadlineMs?: number;
  /** Told of every failure of a step, listener or field, for metrics. */
  readonly onFailure?: (pluginName: string) => void;
}

export interface OwnedGraphql extends GraphqlAddition {
  readonly plugin: string;
}

/** Everything that plugins have added, while they register and after. */
export interface Additions {
  readonly steps: RegisteredStep[];
  readonly listeners: RegisteredListener[];
  readonly tasks: ScheduledTask[];
  readonly graphql: OwnedGraphql[];
  readonly modelFolders: string[];
  readonly transcribers: Transcriber[];
  readonly diarizers: { readonly plugin: string; readonly diarizer: Diarizer }[];
  readonly notifiers: Notifier[];
  readonly stopListening: (() => void)[];
}

export interface Plugins extends Readonly<Pick<Additions, 'tasks' | 'graphql' | 'modelFolders' | 'transcribers' | 'notifiers'>> {
  readonly names: readonly string[];
  readonly facts: FactDelivery;
  beginSteps(): AnalysisSteps;
  figures(): readonly StepFigures[];
  /** A plugin's own, else the built-in one; null where neither is there. */
  readonly diarizer: Diarizer | null;
  stop(): Promise<void>;
}

/** Orders by dependency, checks, registers. Every fault is PLUGIN_INVALID with the plugin's name, before anything is served. */
export async function registerPlugins(given: readonly UndertonePlugin[], parts: PluginParts): Promise<Plugins> {
  const ordered = orderByDependency(given);
  const added: Additions = { steps: [], listeners: [], tasks: [], graphql: [], modelFolders: [], transcribers: [], diarizers: [], notifiers: [], stopListening: [] };
  const registered: UndertonePlugin[] = [];

  /** In reverse; one deadline for all, so that a hanging plugin does not cost each of the others its turn. */
  async function stop(): Promise<void> {
    for (const end of added.stopListening) end();
    const signal = AbortSignal.timeout(STOP_DEADLINE_MS);
    const expired = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    for (const plugin of registered.reverse()) {
      await Promise.race([expired, (async () => plugin.stop?.(signal))().catch(() => parts.log(plugin.name).warn('threw while it stopped'))]);
    }
  }

  try {
    for (const plugin of ordered) {
      registered.push(plugin);
      await register(plugin, added, parts);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const runner = createStepRunner(added.steps, parts.now, parts.onFailure);
  const facts = createFactDelivery(added.listeners, parts);
  const fields = createFieldGuard(added.graphql, parts);
  return {
    ...added, facts, stop,
    graphql: fields.graphql,
    names: ordered.map((plugin) => plugin.name),
    beginSteps: () => runner.begin(),
    figures: () => [...runner.figures(), ...facts.figures(), ...fields.figures()],
    diarizer: (added.diarizers.find((one) => one.plugin !== BUILT_IN_DIARIZATION) ?? added.diarizers[0])?.diarizer ?? null,
  };
}

async function register(plugin: UndertonePlugin, added: Additions, parts: PluginParts): Promise<void> {
  const { host, close } = openHost(plugin.name, added, parts);
  const deadlineMs = parts.registerDeadlineMs ?? REGISTER_DEADLINE_MS;
  try {
    await withDeadline(deadlineMs, new AbortController().signal, async () => plugin.register(host));
  } catch (error) {
    if (error instanceof UndertoneError) throw error;
    throw invalidPlugin(plugin.name, 'register', error instanceof DeadlineError ? `did not finish register within ${deadlineMs} ms` : 'threw while it registered', error);
  } finally {
    close();
  }
}
