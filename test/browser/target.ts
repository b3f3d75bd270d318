import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { startMockServer } from './mock-server.js';
import { makeWav } from './wave-file.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where the page is and how to get in. */
export interface Target {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** A recording that gives segments there. */
  readonly audioFile: string;
  close(): Promise<void>;
}

/**
 * A running platform where `UNDERTONE_BROWSER_URL`, `UNDERTONE_BROWSER_KEY` and `UNDERTONE_BROWSER_AUDIO` (a file with real
 * speech) say so; otherwise the stand-in, on a freshly built page.
 */
export async function openTarget(options: { readonly withSocket?: boolean } = {}): Promise<Target> {
  const { UNDERTONE_BROWSER_URL: baseUrl, UNDERTONE_BROWSER_KEY: apiKey, UNDERTONE_BROWSER_AUDIO: audioFile } = process.env;
  if (baseUrl !== undefined && options.withSocket !== false) {
    if (apiKey === undefined || audioFile === undefined) throw new Error('UNDERTONE_BROWSER_URL also needs UNDERTONE_BROWSER_KEY and UNDERTONE_BROWSER_AUDIO (a file with speech).');
    return { baseUrl, apiKey, audioFile, close: () => Promise.resolve() };
  }
  const server = await openMock(options);
  const folder = mkdtempSync(join(tmpdir(), 'undertone-browser-'));
  const file = join(folder, 'interview.wav');
  writeFileSync(file, makeWav(24));
  return { baseUrl: server.baseUrl, apiKey: server.apiKey, audioFile: file, close: () => server.close() };
}

export async function openMock(options: { readonly withSocket?: boolean; readonly port?: number } = {}) {
  return startMockServer({ webRoot: await buildPage(), schemaFile: join(root, 'schema.graphql'), ...options });
}

let built: Promise<string> | null = null;

async function buildAt(outDir: string): Promise<string> {
  process.on('exit', () => rmSync(outDir, { recursive: true, force: true }));
  await build({ root: join(root, 'web'), logLevel: 'error', build: { outDir, emptyOutDir: true } });
  return outDir;
}

/** The folder of a fresh build, once a process; never `web/dist`, which a server may be handing out meanwhile. */
export function buildPage(): Promise<string> {
  built ??= buildAt(mkdtempSync(join(tmpdir(), 'undertone-page-')));
  return built;
}

export function readProjectFile(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
