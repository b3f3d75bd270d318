import assert from 'node:assert/strict';
import type { AnalysisOutcome } from '../domain/analysis.js';
import type { AnyPluginFactory, PluginHost } from './contract.js';
import { makePlugin } from './load-plugins.js';
import { memoryParts } from './memory-parts.js';
import { registerPlugins, type Plugins } from './registry.js';
import { speechOutcome } from './testing-outcome.js';

export { memoryParts } from './memory-parts.js';
export { speechOutcome } from './testing-outcome.js';

export interface ContractOptions {
  /** Settings that the plugin takes. */
  readonly settings?: unknown;
  /** Settings that it must refuse; leave it out for a plugin that has none. */
  readonly badSettings?: readonly unknown[];
  /** What its steps are shown; `speechOutcome()` unless told. */
  readonly outcome?: AnalysisOutcome;
}

export interface ContractCheck {
  readonly title: string;
  /** Rejects where the plugin does not keep the contract. */
  readonly run: () => Promise<void>;
}

/**
 * What every plugin must hold, for any test runner:
 * `for (const { title, run } of pluginContract(factory, { settings })) it(title, run);`
 */
export function pluginContract(factory: AnyPluginFactory, options: ContractOptions = {}): readonly ContractCheck[] {
  const make = () => makePlugin('tested', factory, options.settings);
  const registered = async (parts = memoryParts()): Promise<Plugins> => registerPlugins([make()], parts);
  const outcome = options.outcome ?? speechOutcome();
  const never = new AbortController().signal;
  return [
    {
      title: 'the plugin is made from its settings, registers and stops',
      run: async () => (await registered()).stop(),
    },
    {
      title: 'the plugin can be registered twice in one process without one instance knowing the other',
      run: async () => {
        const [first, second] = [await registered(), await registered()];
        await first.stop();
        await second.beginSteps().conclude(outcome, never);
        await second.stop();
      },
    },
    {
      title: 'the plugin adds nothing after register has ended',
      run: async () => {
        let host: PluginHost | undefined;
        const plugin = make();
        const parts = memoryParts();
        const plugins = await registerPlugins([{ ...plugin, name: plugin.name, apiVersion: plugin.apiVersion, register: (given) => plugin.register((host = given)), stop: (signal) => plugin.stop?.(signal) }], parts);
        assert.throws(() => host!.addTask({ id: 'late', schedule: '* * * * *', timeZone: 'UTC', timeoutMs: 1, run: () => Promise.resolve() }));
        await plugins.stop();
      },
    },
    {
      title: 'the steps of the plugin take part without failing, and change nothing of what the model said',
      run: async () => {
        const plugins = await registered();
        const steps = plugins.beginSteps();
        await steps.afterDecode({ pcm: silentPcm(outcome.durationSeconds), durationSeconds: outcome.durationSeconds, options: outcome.options }, never);
        await steps.onSegments(outcome.segments, (segment) => Promise.resolve(new Float32Array(Math.round((segment.endSeconds - segment.startSeconds) * 16_000))), never);
        const after = await steps.conclude(outcome, never);
        await plugins.stop();
        assert.deepEqual(after.summary, outcome.summary);
        assert.deepEqual(after.segments.map((segment) => segment.prediction), outcome.segments.map((segment) => segment.prediction));
        assert.deepEqual(after.warnings.filter((warning) => warning.code === 'PLUGIN_FAILED'), []);
      },
    },
    {
      title: 'the steps of the plugin give up when their signal fires',
      run: async () => {
        const plugins = await registered();
        const gone = AbortSignal.abort(new Error('the analysis was cancelled'));
        await plugins.beginSteps().conclude(outcome, gone).catch((error: unknown) => assert.match(String(error), /cancelled/));
        await plugins.stop();
      },
    },
    ...(options.badSettings ?? []).map((settings, index): ContractCheck => ({
      title: `the plugin refuses wrong settings (${index + 1})`,
      run: async () => assert.rejects(async () => Promise.resolve(makePlugin('tested', factory, settings)), { code: 'PLUGIN_INVALID' }),
    })),
  ];
}

function silentPcm(durationSeconds: number) {
  const sampleCount = Math.round(durationSeconds * 16_000);
  return { sampleCount, read: (from: number, to: number) => Promise.resolve(new Float32Array(Math.max(0, Math.min(to, sampleCount) - Math.max(0, from)))), dispose: () => Promise.resolve() };
}
