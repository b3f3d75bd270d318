import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisStep, PluginHost, UndertonePlugin } from '../../src/plugins/contract.js';
import { loadPlugins } from '../../src/plugins/load-plugins.js';
import { orderByDependency, registerPlugins } from '../../src/plugins/registry.js';
import { createEventBus } from '../../src/services/event-bus.js';
import { anOutcome, aPrediction, aSegment } from '../support/outcome.js';

const NEVER = new AbortController().signal;

function plugin(name: string, changes: Partial<UndertonePlugin> = {}): UndertonePlugin {
  return { name, apiVersion: 1, register: () => undefined, ...changes };
}
function step(run: AnalysisStep['run'], changes: Partial<AnalysisStep> = {}): AnalysisStep {
  return { id: 'trial', stage: 'afterPrediction', deadlineMs: 1000, onFailure: 'warning', run, ...changes };
}
function parts() {
  const lines: string[] = [];
  const log = (name: string) => ({ info: (text: string) => { lines.push(`${name}: ${text}`); }, warn: (text: string) => { lines.push(`${name}: ${text}`); } });
  return { lines, log, events: createEventBus(() => undefined) };
}
const withStep = (one: AnalysisStep) => registerPlugins([plugin('trial', { register: (host) => host.addStep(one) })], parts());

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
    expect((await plugins.afterPrediction(anOutcome(), NEVER)).warnings).toEqual([{ code: 'PLUGIN_TRIAL', message: 'seen' }]);
  });

  it('become a warning with the plugin name when they throw at once, reject, or never end', async () => {
    const misbehaving: AnalysisStep['run'][] = [() => { throw new Error('x'); }, () => Promise.reject(new Error('x')), () => new Promise(() => undefined)];
    for (const run of misbehaving) {
      const plugins = await withStep(step(run, { deadlineMs: 20 }));
      const { warnings } = await plugins.afterPrediction(anOutcome(), NEVER);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatchObject({ code: 'PLUGIN_FAILED' });
      expect(warnings[0]!.message).toContain('trial');
    }
  });

  it('fail the analysis when they are declared fatal', async () => {
    const plugins = await withStep(step(() => Promise.reject(new Error('x')), { onFailure: 'fatal' }));
    await expect(plugins.afterPrediction(anOutcome(), NEVER)).rejects.toThrow(/trial is required/);
  });

  it('are left out for a while after five failures in a row', async () => {
    let calls = 0;
    const plugins = await withStep(step(() => { calls++; return Promise.reject(new Error('x')); }));
    for (let i = 0; i < 8; i++) await plugins.afterPrediction(anOutcome(), NEVER);
    expect(calls).toBe(5);
  });
});

describe('listeners and stop', () => {
  it('tell of each failure of a step or listener, by the name of the plugin', async () => {
    const failed: string[] = [];
    const { events, ...rest } = parts();
    const plugins = await registerPlugins([plugin('trial', {
      register: (host) => {
        host.addStep(step(() => Promise.reject(new Error('x'))));
        host.listen('recording.deleted', () => { throw new Error('x'); });
      },
    })], { ...rest, events, onFailure: (name) => failed.push(name) });
    await plugins.afterPrediction(anOutcome(), NEVER);
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
    expect((await plugins.afterPrediction(shaky, NEVER)).warnings[0]).toMatchObject({ code: 'PLUGIN_MOSTLY_ABSTAINED' });
    expect((await plugins.afterPrediction(anOutcome(), NEVER)).warnings).toEqual([]);
  });

  it('names the entry that cannot be loaded or refuses its settings', async () => {
    await expect(loadPlugins(await file([{ use: './none.mjs' }]))).rejects.toThrow(/\.\/none\.mjs/);
    await expect(loadPlugins(await file([{ use: example, settings: { share: 7 } }]))).rejects.toThrow(/refused its settings/);
    await expect(loadPlugins(await file({ use: example }))).rejects.toThrow(/plugins file/);
  });
});
