import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TSC = join('node_modules', 'typescript', 'bin', 'tsc');
const OPTIONS = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck', '--pretty', 'false'];

const PLUGIN = `
import { definePlugin, type Transcriber } from 'undertone/plugin';
import { pluginContract, type ContractCheck } from 'undertone/plugin-testing';

const settings = { safeParse: (value: unknown) => ({ success: true as const, data: { limit: Number(value) } }) };
const own: Transcriber = { id: 'own', transcribe: async (pcm, { language }, signal) => ({ language, words: [{ text: String(pcm.sampleCount), startSeconds: 0, endSeconds: 1, confidence: null }] }) };
const factory = definePlugin({
  settings,
  create: ({ limit }) => ({
    name: 'typed', apiVersion: 1,
    register(host) {
      host.addTranscriber(own);
      host.addStep({ id: 'one', stage: 'afterPrediction', deadlineMs: 1000, onFailure: 'warning', run: async (outcome) => (outcome.durationSeconds > limit ? { warnings: [{ code: 'PLUGIN_LONG', message: 'long' }] } : {}) });
    },
  }),
});
export default factory;
export const checks: readonly ContractCheck[] = pluginContract(factory, { settings: 5 });
`;

/** A project of its own, as an author has it: the package in its node_modules, and nothing of the sources. */
describe('a plugin in TypeScript outside of the repository', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'undertone-author-'));
    const installed = join(folder, 'node_modules', 'undertone');
    mkdirSync(installed, { recursive: true });
    cpSync('package.json', join(installed, 'package.json'));
    execFileSync(process.execPath, [TSC, '-p', 'tsconfig.plugin-types.json', '--outDir', join(installed, 'dist')]);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const compile = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return spawnSync(process.execPath, [join(process.cwd(), TSC), ...OPTIONS, name], { cwd: folder, encoding: 'utf8' }).stdout;
  };

  it('compiles with the types of the contract and of its settings', { timeout: 120_000 }, () => {
    expect(compile('plugin.ts', PLUGIN)).toBe('');
  });

  it('does not compile where it breaks the contract', { timeout: 120_000 }, () => {
    expect(compile('stage.ts', PLUGIN.replace("'afterPrediction'", "'afterwards'"))).toMatch(/stage\.ts\(\d+,\d+\): error TS/);
    expect(compile('settings.ts', PLUGIN.replace('create: ({ limit })', 'create: ({ limits: limit })'))).toMatch(/Property 'limits' does not exist/);
  });
});
