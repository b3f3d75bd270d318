import assert from 'node:assert/strict';
import type { AnalysisOutcome } from '../domain/analysis.js';
import type { Interval } from '../domain/intervals.js';
import { SAMPLE_RATE_HZ, type PcmSource } from '../domain/pcm.js';
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
  /** What its transcribers and diarizers are given, mono at 16 kHz; two seconds of silence unless told. */
  readonly samples?: Float32Array;
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
  const samples = options.samples ?? new Float32Array(2 * SAMPLE_RATE_HZ);
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
        await steps.afterDecode({ pcm: pcmOf(new Float32Array(Math.round(outcome.durationSeconds * SAMPLE_RATE_HZ))), durationSeconds: outcome.durationSeconds, options: outcome.options }, never);
        await steps.onSegments(outcome.segments, (segment) => Promise.resolve(new Float32Array(Math.round((segment.endSeconds - segment.startSeconds) * SAMPLE_RATE_HZ))), never);
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
    {
      title: 'the transcribers of the plugin give words in the order of time, inside of what they were given, and stop when they are told',
      run: async () => {
        const plugins = await registered();
        for (const transcriber of plugins.transcribers) {
          if (isAway(transcriber.unavailable?.() ?? null)) continue;
          const { words } = await transcriber.transcribe(pcmOf(samples), { language: null }, never);
          assertInTime(words, samples.length / SAMPLE_RATE_HZ);
          for (const { text } of words) assert.notEqual(text.trim(), '', `${transcriber.id} gives a word without letters`);
          await assert.rejects(async () => transcriber.transcribe(pcmOf(samples), { language: null }, AbortSignal.abort()), `${transcriber.id} goes on when it is aborted`);
        }
        await plugins.stop();
      },
    },
    {
      title: 'the diarizer of the plugin gives stretches inside of what it was given, and stops when it is told',
      run: async () => {
        const plugins = await registered();
        const { diarizer } = plugins;
        if (diarizer !== null && !isAway(diarizer.unavailable())) {
          const stretches = await diarizer.diarize(pcmOf(samples), { speakerCount: null, signal: never });
          for (const stretch of stretches) assertInTime([stretch], samples.length / SAMPLE_RATE_HZ);
          await assert.rejects(async () => diarizer.diarize(pcmOf(samples), { speakerCount: null, signal: AbortSignal.abort() }), `${diarizer.id} goes on when it is aborted`);
        }
        await plugins.stop();
      },
    },
    ...(options.badSettings ?? []).map((settings, index): ContractCheck => ({
      title: `the plugin refuses wrong settings (${index + 1})`,
      run: async () => assert.rejects(async () => Promise.resolve(makePlugin('tested', factory, settings)), { code: 'PLUGIN_INVALID' }),
    })),
  ];
}

/** Ends of sounds are rounded by engines. */
const ROUNDING_SECONDS = 0.1;

function assertInTime(stretches: readonly Interval[], seconds: number): void {
  stretches.forEach(({ startSeconds, endSeconds }, i) => {
    assert.ok(startSeconds >= (stretches[i - 1]?.startSeconds ?? 0), `the stretch ${i} begins at ${startSeconds} s, before the one before it`);
    assert.ok(endSeconds >= startSeconds && endSeconds <= seconds + ROUNDING_SECONDS, `the stretch ${i} goes from ${startSeconds} to ${endSeconds} s; there are ${seconds} s`);
  });
}

/** What cannot work now says why, for people; more cannot be tried of it. */
function isAway(reason: string | null): boolean {
  if (reason !== null) assert.notEqual(reason.trim(), '', 'it says that it cannot work, and not why');
  return reason !== null;
}

const pcmOf = (samples: Float32Array): PcmSource => ({ sampleCount: samples.length, read: (from, to) => Promise.resolve(samples.slice(Math.max(0, from), to)), dispose: () => Promise.resolve() });
