// A real platform for benchmarks: in this process (to see its event loop) or in one of its own (to see its memory).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const KEY = 'ut_a-key-for-benchmarks-0123456789';

export function throwAwayFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'undertone-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function settingsFor(dataDir) {
  return { UNDERTONE_DATA_DIR: dataDir, UNDERTONE_PORT: '0', UNDERTONE_ADMIN_KEY: KEY, UNDERTONE_LOG_LEVEL: 'error', UNDERTONE_REQUESTS_PER_MINUTE: '0' };
}

export async function serveHere(dataDir) {
  Object.assign(process.env, settingsFor(dataDir));
  const { composeRuntime } = await import('../dist/src/compose-runtime.js');
  return composeRuntime().serve({ withWorker: true });
}

export function serveApart(dataDir, environment = {}) {
  const child = spawn(process.execPath, ['bin/undertone.mjs', 'serve'], { env: { ...process.env, ...settingsFor(dataDir), ...environment }, stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    // Also when the benchmark fails: left alone it would run for ever.
    process.once('exit', () => child.kill('SIGKILL'));
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const url = /listens on (\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve({ url, child });
    });
  });
}

/** The body of the answer as text: reading it is the client's time, not the server's. */
export async function answerOf(url, query, variables = {}) {
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }, body: JSON.stringify({ query, variables }) });
  return response.text();
}

export async function graphql(url, query, variables = {}) {
  const { data, errors } = JSON.parse(await answerOf(url, query, variables));
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

export async function analyze(url, bytes, fileName) {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: 'mutation($f: Upload!) { analyze(file: $f) { __typename ... on Analysis { id status summary { label confidence } } ... on Problem { code message } } }', variables: { f: null } }));
  form.set('map', '{"0":["variables.f"]}');
  form.set('0', new Blob([bytes]), fileName);
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'apollo-require-preflight': 'true' }, body: form });
  const { data } = await response.json();
  if (data?.analyze.status !== 'SUCCEEDED') throw new Error(JSON.stringify(data));
  return data.analyze;
}

/** Stores a recording and gives its id; nothing is analysed. */
export async function upload(url, bytes, fileName) {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: 'mutation($f: Upload!) { uploadRecording(file: $f) { ... on Recording { id } ... on Problem { code message } } }', variables: { f: null } }));
  form.set('map', '{"0":["variables.f"]}');
  form.set('0', new Blob([bytes]), fileName);
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'apollo-require-preflight': 'true' }, body: form });
  const { data } = await response.json();
  if (typeof data?.uploadRecording.id !== 'string') throw new Error(JSON.stringify(data));
  return data.uploadRecording.id;
}
