import { execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import abstentionNotice from '../../examples/plugin-abstention-notice/index.mjs';
import callNotes from '../../examples/plugin-call-notes/index.mjs';
import type { AfterPredictionStep, Diarizer, Transcriber, UndertonePlugin } from '../../src/plugins/contract.js';
import { makePlugin } from '../../src/plugins/load-plugins.js';
import { memoryParts, pluginContract } from '../../src/plugins/plugin-testing.js';
import { registerPlugins } from '../../src/plugins/registry.js';
import { buildApiSchema } from '../../src/resolvers/build-schema.js';
import { extendWithPlugins } from '../../src/resolvers/plugin-schema.js';

const never = new AbortController().signal;
describe('the example abstention-notice', () => {
  for (const { title, run } of pluginContract(abstentionNotice, { settings: { share: 0.5 }, badSettings: [{ share: 7 }, { share: 'x' }] })) it(title, run);
});

describe('the example call-notes', () => {
  for (const { title, run } of pluginContract(callNotes, { settings: { maxLength: 20 }, badSettings: [{ maxLength: 0 }, { maxlength: 5 }] })) it(title, run);

  it('notes something about a recording, shows it, and forgets it with the recording', async () => {
    const plugins = await registerPlugins([makePlugin('call-notes', callNotes, { maxLength: 8 })], memoryParts());
    const schema = extendWithPlugins(buildApiSchema(), plugins.graphql);
    const contextValue = { principal: { keyId: 'k', keyName: 'k', workspaceId: 'ws_1', role: 'analyst' }, signal: never };
    const noted = await execute({ schema, document: parse('mutation { noteRecording(id: "rec_1", text: " call back soon ") }'), contextValue });
    expect(noted).toEqual({ data: { noteRecording: 'call bac' } });
    const resolve = schema.getType('Recording') as unknown as { getFields(): Record<string, { resolve: (root: object, args: object, context: object) => Promise<unknown> }> };
    const note = () => resolve.getFields()['note']!.resolve({ id: 'rec_1', workspaceId: 'ws_1' }, {}, contextValue);
    expect(await note()).toBe('call bac');
    await plugins.facts.deliver('call-notes/forget', { kind: 'recording.deleted', workspaceId: 'ws_1', recordingId: 'rec_1' }, { signal: never, isLastAttempt: false });
    expect(await note()).toBeNull();
  });
});

async function failuresOf(factory: () => UndertonePlugin): Promise<string[]> {
  const failures: string[] = [];
  for (const { title, run } of pluginContract(factory)) await run().catch(() => failures.push(title));
  return failures;
}

describe('the contract suite', () => {
  it.each([
    ['whose step throws', { run: () => Promise.reject(new Error('x')) }, ['the steps of the plugin take part without failing, and change nothing of what the model said']],
    ['whose step gives a warning of the core', { run: () => Promise.resolve({ warnings: [{ code: 'LOW_SNR', message: 'x' }] }) }, ['the steps of the plugin take part without failing, and change nothing of what the model said']],
    ['that is in order', { run: () => Promise.resolve({}) }, []],
  ])('tells of a plugin %s', async (_, part, expected) => {
    const factory = (): UndertonePlugin => ({ name: 'trial', apiVersion: 1, register: (host) => host.addStep({ id: 'one', stage: 'afterPrediction', deadlineMs: 1000, onFailure: 'warning', ...part } as AfterPredictionStep) });
    expect(await failuresOf(factory)).toEqual(expected);
  });

  it.each([
    ['in order', { transcribe: (_pcm, _options, signal) => { signal.throwIfAborted(); return Promise.resolve({ language: 'en', words: [{ text: 'yes', startSeconds: 0.2, endSeconds: 0.5, confidence: null }] }); } }, []],
    ['away, with the reason', { unavailable: () => 'Install the model.', transcribe: () => Promise.reject(new Error('x')) }, []],
    ['away, without a reason', { unavailable: () => '', transcribe: () => Promise.reject(new Error('x')) }, ['transcribers']],
    ['whose words lie behind the end', { transcribe: (_pcm, _options, signal) => { signal.throwIfAborted(); return Promise.resolve({ language: null, words: [{ text: 'yes', startSeconds: 1, endSeconds: 9, confidence: null }] }); } }, ['transcribers']],
    ['that does not stop', { transcribe: () => Promise.resolve({ language: null, words: [] }) }, ['transcribers']],
  ] satisfies [string, Omit<Transcriber, 'id'>, string[]][])('tells of a transcriber %s', async (_, part, expected) => {
    const factory = (): UndertonePlugin => ({ name: 'trial', apiVersion: 1, register: (host) => host.addTranscriber({ id: 'own', ...part }) });
    expect(await failuresOf(factory)).toEqual(expected.map((what) => expect.stringContaining(what) as string));
  });

  it.each([
    ['in order', { diarize: (_pcm, { signal }) => { signal.throwIfAborted(); return Promise.resolve([{ speaker: 'a', startSeconds: 0, endSeconds: 1 }, { speaker: 'b', startSeconds: 0.5, endSeconds: 2 }]); } }, []],
    ['whose turns end before they begin', { diarize: (_pcm, { signal }) => { signal.throwIfAborted(); return Promise.resolve([{ speaker: 'a', startSeconds: 1, endSeconds: 0.5 }]); } }, ['diarizer']],
    ['that does not stop', { diarize: () => Promise.resolve([]) }, ['diarizer']],
  ] satisfies [string, Pick<Diarizer, 'diarize'>, string[]][])('tells of a diarizer %s', async (_, part, expected) => {
    const factory = (): UndertonePlugin => ({ name: 'trial', apiVersion: 1, register: (host) => host.addDiarizer({ id: 'own', unavailable: () => null, ...part }) });
    expect(await failuresOf(factory)).toEqual(expected.map((what) => expect.stringContaining(what) as string));
  });

  it('tells of settings that a plugin should have refused', async () => {
    const checks = pluginContract(() => ({ name: 'trial', apiVersion: 1, register: () => undefined }), { badSettings: [{}] });
    await expect(checks.at(-1)!.run()).rejects.toThrow();
  });
});
