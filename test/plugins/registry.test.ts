import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { AfterPredictionStep, PluginHost, UndertonePlugin } from '../../src/plugins/contract.js';
import { definePlugin } from '../../src/plugins/contract.js';
import { loadPlugins } from '../../src/plugins/load-plugins.js';
import { orderByDependency } from '../../src/plugins/plugin-order.js';
import { memoryParts as parts } from '../../src/plugins/plugin-testing.js';
import { registerPlugins, type Plugins } from '../../src/plugins/registry.js';
import { anOutcome, aPrediction, aSegment } from '../support/outcome.js';

const NEVER = new AbortController().signal;

function plugin(name: string, changes: Partial<UndertonePlugin> = {}): UndertonePlugin {
  return { name, apiVersion: 1, register: () => undefined, ...changes };
}
function step(run: AfterPredictionStep['run'], changes: Partial<AfterPredictionStep> = {}): AfterPredictionStep {
  return { id: 'trial', stage: 'afterPrediction', deadlineMs: 1000, onFailure: 'warning', run, ...changes };
}
const conclude = (plugins: Plugins, outcome = anOutcome()) => plugins.beginSteps().conclude(outcome, NEVER);
const withStep = (one: AfterPredictionStep) => registerPlugins([plugin('trial', { register: (host) => host.addStep(one) })], parts());

describe('plugin order and checks at boot', () => {
  it('puts dependencies first and otherwise keeps the order given', () => {
    const names = orderByDependency([plugin('a', { dependsOn: ['c'] }), plugin('b'), plugin('c')]).map((one) => one.name);
    expect(names).toEqual(['c', 'a', 'b']);
  });

  it.each([
    ['a missing dependency', [plugin('a', { dependsOn: ['b'] })], /needs the plugin b/],
    ['a circle', [plugin('a', { dependsOn: ['b'] }), plugin('b', { dependsOn: ['a'] })], /a → b → a/],
    ['another API version', [plugin('a', { apiVersion: 99 })], /API 99/],
    ['a name twice', [plugin('a'), plugin('a')], /named twice/],
    ['a name that is not kebab-case', [plugin('My Plugin')], /kebab-case/],
  ])('refuses %s by name', (_, plugins, message) => {
    expect(() => orderByDependency(plugins)).toThrow(message);
  });

  it('refuses a dependency of another major version, and takes one of the right', () => {
    const tagger = plugin('tagger', { version: '2.1.0' });
    expect(() => orderByDependency([tagger, plugin('a', { dependsOn: ['tagger@1'] })])).toThrow(/version 1 of the plugin tagger; 2\.1\.0 is there/);
    expect(orderByDependency([plugin('a', { dependsOn: ['tagger@2'] }), tagger]).map((one) => one.name)).toEqual(['tagger', 'a']);
  });

  it('names the nearest plugin for a dependency with a typo', () => {
    expect(() => orderByDependency([plugin('tagger'), plugin('a', { dependsOn: ['taggr'] })])).toThrow(/\(tagger is\)/);
  });

  it('refuses two transcribers, notifiers or tasks of one id, whoever adds them', async () => {
    const adding = (name: string) => plugin(name, { register: (host) => host.addTranscriber({ id: 'words', transcribe: () => Promise.resolve({ language: null, words: [] }) }) });
    await expect(registerPlugins([adding('a'), adding('b')], parts())).rejects.toMatchObject({ code: 'PLUGIN_INVALID', details: { plugin: 'b', fault: 'duplicate' } });
  });

  it('stops what had registered when a later plugin is refused, and gives up on a register that never ends', async () => {
    const stopped: string[] = [];
    const first = plugin('first', { stop: () => { stopped.push('first'); } });
    const hanging = plugin('hanging', { register: () => new Promise(() => undefined) });
    await expect(registerPlugins([first, hanging], { ...parts(), registerDeadlineMs: 20 })).rejects.toThrow(/hanging did not finish register within 20 ms/);
    expect(stopped).toEqual(['first']);
  });

  it('refuses additions after register, and a register that throws', async () => {
    let kept: PluginHost | undefined;
    await registerPlugins([plugin('late', { register: (host) => { kept = host; } })], parts());
    expect(() => kept!.addStep(step(() => Promise.resolve({})))).toThrow(/after register/);
    await expect(registerPlugins([plugin('broken', { register: () => { throw new Error('no'); } })], parts())).rejects.toThrow(/broken threw while it registered/);
  });
});

describe('analysis steps of plugins', () => {
  it('add their warnings to the outcome', async () => {
    const plugins = await withStep(step(() => Promise.resolve({ warnings: [{ code: 'PLUGIN_TRIAL', message: 'seen' }] })));
    expect((await conclude(plugins)).warnings).toEqual([{ code: 'PLUGIN_TRIAL', message: 'seen' }]);
  });

  it('become a warning with the plugin name when they throw at once, reject, or never end', async () => {
    const misbehaving: AfterPredictionStep['run'][] = [() => { throw new Error('x'); }, () => Promise.reject(new Error('x')), () => new Promise(() => undefined)];
    for (const run of misbehaving) {
      const plugins = await withStep(step(run, { deadlineMs: 20 }));
      const { warnings } = await conclude(plugins);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatchObject({ code: 'PLUGIN_FAILED' });
      expect(warnings[0]!.message).toContain('trial');
    }
  });

  it('fail the analysis when they are declared fatal', async () => {
    const plugins = await withStep(step(() => Promise.reject(new Error('x')), { onFailure: 'fatal' }));
    await expect(conclude(plugins)).rejects.toThrow(/trial is required/);
  });

  it('are left out for a while after five failures in a row', async () => {
    let calls = 0;
    const plugins = await withStep(step(() => { calls++; return Promise.reject(new Error('x')); }));
    for (let i = 0; i < 8; i++) await conclude(plugins);
    expect(calls).toBe(5);
  });
});

describe('stages of steps', () => {
  const segmentsOf = (count: number) => Array.from({ length: count }, (_, index) => aSegment(index));
  const read = () => Promise.resolve(new Float32Array(3));

  it('run in order with notes that the steps of one plugin share, and their additions reach the outcome', async () => {
    const plugins = await registerPlugins([plugin('words', {
      register(host) {
        host.addStep({ id: 'listen', stage: 'afterDecode', deadlineMs: 1000, onFailure: 'warning', run: (decoded, { notes }) => { notes.set('seconds', decoded.durationSeconds); return Promise.resolve({}); } });
        host.addStep({
          id: 'write', stage: 'onSegments', batchSize: 2, deadlineMs: 1000, onFailure: 'warning',
          run: async (batch, { notes }) => ({ segments: await Promise.all(batch.segments.map(async (one) => ({ index: one.index, text: `${batch.segments.length} of ${String(notes.get('seconds'))} s, ${(await batch.read(one)).length} samples`, agreement: 0.5 }))) }),
        });
        host.addStep(step((outcome) => Promise.resolve({ results: { count: outcome.segments.filter((one) => one.text !== undefined).length } })));
      },
    })], parts());
    const steps = plugins.beginSteps();
    const outcome = anOutcome({ segments: segmentsOf(3) });
    await steps.afterDecode({ pcm: { sampleCount: 0, read, dispose: () => Promise.resolve() }, durationSeconds: 6, options: outcome.options }, NEVER);
    await steps.onSegments(outcome.segments, read, NEVER);
    const concluded = await steps.conclude(outcome, NEVER);
    expect(concluded.segments.map((one) => one.text)).toEqual(['2 of 6 s, 3 samples', '2 of 6 s, 3 samples', '1 of 6 s, 3 samples']);
    expect(concluded.segments[0]!.agreement).toBe(0.5);
    expect(concluded.pluginResults).toEqual([{ plugin: 'words', key: 'count', value: 3 }]);
    expect(outcome.segments[0]).not.toHaveProperty('text');
  });

  it('get copies: what a step does to them changes nothing', async () => {
    const plugins = await withStep(step((outcome) => {
      (outcome.summary as { label: string }).label = 'sad';
      outcome.embedding![0] = 99;
      (outcome.segments as unknown[]).pop();
      return Promise.resolve({});
    }));
    expect(await conclude(plugins)).toEqual(anOutcome());
  });

  it('end for a recording at the first batch that fails, whose cost is one deadline', async () => {
    let batches = 0;
    const plugins = await registerPlugins([plugin('slow', { register: (host) => host.addStep({ id: 'hang', stage: 'onSegments', batchSize: 1, deadlineMs: 20, onFailure: 'warning', run: () => { batches++; return new Promise(() => undefined); } }) })], parts());
    const steps = plugins.beginSteps();
    await steps.onSegments(segmentsOf(50), read, NEVER);
    expect(batches).toBe(1);
    expect((await steps.conclude(anOutcome(), NEVER)).warnings).toEqual([{ code: 'PLUGIN_FAILED', message: 'The plugin slow did not take part: step hang took longer than 20 ms.' }]);
  });

  it.each([
    ['scores of its own', { scores: { happy: 1 } }, false],
    ['an agreement above 1', { segments: [{ index: 0, agreement: 7 }] }, true],
    ['a result that is no JSON', { results: { when: new Date(0) } }, true],
    ['text for no segment', { segments: [{ text: 'x' }] }, true],
  ])('take nothing from a step that returns %s', async (_, given, isFault) => {
    const plugins = await withStep(step(() => Promise.resolve(given as object)));
    const concluded = await conclude(plugins);
    expect(concluded.summary).toEqual(anOutcome().summary);
    expect(concluded.segments).toEqual(anOutcome().segments);
    expect(concluded.warnings.map((warning) => warning.code)).toEqual(isFault ? ['PLUGIN_FAILED'] : []);
  });

  it('show their calls, failures and an open circuit in their figures, and come back after the pause', async () => {
    let nowMs = 0;
    let broken = true;
    const plugins = await registerPlugins([plugin('trial', { register: (host) => host.addStep(step(() => (broken ? Promise.reject(new Error('x')) : Promise.resolve({})))) })], { ...parts(), now: () => nowMs });
    for (let i = 0; i < 6; i++) await conclude(plugins);
    expect(plugins.figures()).toMatchObject([{ plugin: 'trial', step: 'trial', calls: 5, failures: 5, leftOut: 1, isOpen: true }]);
    nowMs = 60_001;
    broken = false;
    expect((await conclude(plugins)).warnings).toEqual([]);
    expect(plugins.figures()).toMatchObject([{ calls: 6, failures: 5, isOpen: false }]);
  });
});

describe('listeners and stop', () => {
  it('an async listener that rejects is logged and does not end the process', async () => {
    const given = parts();
    await registerPlugins([plugin('late', { register: (host) => host.listen('recording.deleted', () => Promise.reject(new RangeError('x'))) })], given);
    given.events.publish({ kind: 'recording.deleted', workspaceId: 'ws', recordingId: 'r1' });
    await vi.waitFor(() => expect(given.lines).toEqual(['late: a listener to recording.deleted threw RangeError']));
  });

  it('a durable listener hears its kind alone, and its failure is the queue\'s to try again', async () => {
    const heard: string[] = [];
    const plugins = await registerPlugins([plugin('keeper', {
      register(host) {
        host.listenDurably('recording.deleted', { id: 'note', deadlineMs: 1000, run: (fact) => Promise.resolve(void heard.push(fact.recordingId)) });
        host.listenDurably('analysis.failed', { id: 'break', deadlineMs: 20, run: () => new Promise(() => undefined) });
      },
    })], parts());
    const context = { signal: NEVER, isLastAttempt: false };
    expect(plugins.facts.listenersTo('recording.deleted')).toEqual(['keeper/note']);
    expect(plugins.facts.listenersTo('alert.raised')).toEqual([]);
    expect(await plugins.facts.deliver('keeper/note', { kind: 'recording.deleted', workspaceId: 'ws', recordingId: 'r1' }, context)).toBe(true);
    expect(heard).toEqual(['r1']);
    await expect(plugins.facts.deliver('keeper/break', { kind: 'analysis.failed', workspaceId: 'ws', analysisId: 'a', recordingId: 'r1' }, context)).rejects.toThrow();
    expect(await plugins.facts.deliver('gone/note', { kind: 'recording.deleted', workspaceId: 'ws', recordingId: 'r1' }, context)).toBe(false);
  });

  it('tell of each failure of a step or listener, by the name of the plugin', async () => {
    const failed: string[] = [];
    const { events, ...rest } = parts();
    const plugins = await registerPlugins([plugin('trial', {
      register: (host) => {
        host.addStep(step(() => Promise.reject(new Error('x'))));
        host.listen('recording.deleted', () => { throw new Error('x'); });
      },
    })], { ...rest, events, onFailure: (name) => failed.push(name) });
    await conclude(plugins);
    events.publish({ kind: 'recording.deleted', workspaceId: 'ws_1', recordingId: 'rec_1' });
    expect(failed).toEqual(['trial', 'trial']);
  });

  it('a listener that throws neither breaks the publisher nor the next listener', async () => {
    const given = parts();
    const heard: string[] = [];
    await registerPlugins([
      plugin('loud', { register: (host) => host.listen('recording.deleted', () => { throw new Error('x'); }) }),
      plugin('quiet', { register: (host) => host.listen('recording.deleted', (event) => heard.push(event.recordingId)) }),
    ], given);
    given.events.publish({ kind: 'recording.deleted', workspaceId: 'ws', recordingId: 'r1' });
    expect(heard).toEqual(['r1']);
    expect(given.lines.join()).toContain('loud');
  });

  it('stops in reverse order although one of them throws', async () => {
    const stopped: string[] = [];
    const stopping = (name: string, fail = false) => plugin(name, { stop: () => { stopped.push(name); if (fail) throw new Error('x'); } });
    const plugins = await registerPlugins([stopping('a'), stopping('b', true), stopping('c')], parts());
    await plugins.stop();
    expect(stopped).toEqual(['c', 'b', 'a']);
  });
});

describe('plugins file', () => {
  let folder: string;
  beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'undertone-plugins-')); });
  afterAll(() => rm(folder, { recursive: true }));
  async function file(content: unknown): Promise<string> {
    const path = join(folder, 'plugins.json');
    await writeFile(path, JSON.stringify(content));
    return path;
  }
  const example = resolve('examples/plugin-abstention-notice/index.mjs');

  it('loads the example, which warns when most speech was abstained', async () => {
    const plugins = await registerPlugins(await loadPlugins(await file([{ use: example, settings: { share: 0.5 } }])), parts());
    const shaky = anOutcome({ segments: [aSegment(0, { prediction: aPrediction({ abstained: true }) }), aSegment(1)] });
    expect((await conclude(plugins, shaky)).warnings[0]).toMatchObject({ code: 'PLUGIN_MOSTLY_ABSTAINED' });
    expect((await conclude(plugins)).warnings).toEqual([]);
  });

  const shouting = new Map([['shouting', definePlugin({ settings: z.strictObject({ volume: z.number().max(11) }), create: ({ volume }) => plugin('shouting', { version: `${volume}.0.0` }) })]]);

  it('gives a built-in plugin its typed settings, and names each wrong one without its value', async () => {
    const [made] = await loadPlugins(await file([{ use: 'shouting', settings: { volume: 3 } }]), shouting);
    expect(made!.version).toBe('3.0.0');
    const refused = loadPlugins(await file([{ use: 'shouting', settings: { volume: 9876 } }]), shouting);
    await expect(refused).rejects.toMatchObject({ code: 'PLUGIN_INVALID', details: { plugin: 'shouting', fault: 'settings' } });
    await expect(refused).rejects.toThrow(/volume/);
    await expect(refused).rejects.not.toThrow(/9876/);
    await expect(loadPlugins(null, shouting)).rejects.toThrow(/volume/);
  });

  it('leaves out what is turned off, refuses one that is named twice, and names a built-in that is near', async () => {
    expect(await loadPlugins(await file([{ use: 'shouting', enabled: false }]), shouting)).toEqual([]);
    await expect(loadPlugins(await file([{ use: example }, { use: example }]))).rejects.toThrow(/named twice/);
    await expect(loadPlugins(await file([{ use: 'shoutin' }, { use: 'shouting', enabled: false }]), shouting)).rejects.toThrow(/named shouting/);
  });

  it.each<[string, string, object, string]>([
    ['with a main file', 'plain-plugin', { main: './lib/entry.js', type: 'module' }, 'lib/entry.js'],
    ['of a scope, exported by one path', '@somebody/plugin', { exports: './entry.mjs' }, 'entry.mjs'],
    ['that exports for import alone', 'modern-plugin', { type: 'module', exports: { '.': { types: './entry.d.ts', import: './dist/entry.js' }, './package.json': './package.json' } }, 'dist/entry.js'],
    ['that exports for one version of Node and then by default', 'odd-plugin', { exports: { browser: './none.js', import: { node: './entry.mjs', default: './none.js' } } }, 'entry.mjs'],
  ])('loads an npm package %s, from beside the plugins file', async (_, name, manifest, entry) => {
    const installed = join(folder, 'node_modules', name);
    await mkdir(dirname(join(installed, entry)), { recursive: true });
    await writeFile(join(installed, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...manifest }));
    await writeFile(join(installed, entry), `export default (settings) => ({ name: 'from-npm', version: settings.version, apiVersion: 1, register() {} });`);
    expect(await loadPlugins(await file([{ use: name, settings: { version: '3.1.0' } }]))).toMatchObject([{ name: 'from-npm', version: '3.1.0' }]);
  });

  it('names an npm package that is not installed, or exports nothing that can be imported', async () => {
    await expect(loadPlugins(await file([{ use: 'not-installed-plugin' }]))).rejects.toMatchObject({ code: 'PLUGIN_INVALID', details: { fault: 'not-found' }, message: expect.stringContaining('install the package') as string });
    const installed = join(folder, 'node_modules', 'closed-plugin');
    await mkdir(installed, { recursive: true });
    await writeFile(join(installed, 'package.json'), JSON.stringify({ name: 'closed-plugin', exports: { './other': './other.js' } }));
    await expect(loadPlugins(await file([{ use: 'closed-plugin' }]))).rejects.toMatchObject({ details: { fault: 'not-found' } });
  });

  it('names the entry that cannot be loaded or refuses its settings', async () => {
    await expect(loadPlugins(await file([{ use: './none.mjs' }]))).rejects.toThrow(/\.\/none\.mjs/);
    await expect(loadPlugins(await file([{ use: example, settings: { share: 7 } }]))).rejects.toThrow(/refused its settings/);
    await expect(loadPlugins(await file({ use: example }))).rejects.toThrow(/plugins file/);
  });
});
