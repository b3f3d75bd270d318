import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { Issuer } from './issuer.js';
import { startServer, TEST_ADMIN_KEY, type ServerProcess } from './server-process.js';
import { speechLikeWav } from './speech-like.js';

/** What is attacked: a server of its own with one recording of ours and one of a stranger's workspace. */
export interface AttackTarget {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly keys: Readonly<Record<'admin' | 'analyst' | 'viewer' | 'flooder' | 'narrow', string>>;
  readonly issuer: Issuer;
  readonly recordingId: string;
  /** A signed link of that recording, as the API gives it. */
  readonly audioUrl: string;
  readonly strangersRecordingId: string;
  /** Normal queries answer. */
  isWell(): Promise<boolean>;
  close(): Promise<void>;
}

export interface Attack {
  readonly name: string;
  /** `measured`, or an entry of OWASP's API Security Top 10 (2023) or GraphQL Cheat Sheet. */
  readonly source: string;
  /** For people; the table in docs/security.md shows it. */
  readonly sends: string;
  /** Status (or the code a WebSocket closes with) and code of docs/errors.md. */
  readonly expects: string;
  /** Attacks in one measurement, whose processor time is divided by it: the clock has ticks of 10 ms. */
  readonly times?: number;
  /** Ends by a clock: its repetitions run at once. */
  readonly isSlow?: boolean;
  /** What leads to it and is no part of it, such as the requests that a key may make. */
  readonly prepare?: (target: AttackTarget) => Promise<void>;
  /** Answers like `expects`. */
  readonly run: (target: AttackTarget) => Promise<string>;
}

/** Requests a minute of each key, and failed keys a minute of each address: above what the attacks use, unless they mean to. */
export const KEY_REQUESTS = 900;
export const FAILED_KEYS = 150;
export const MAX_UPLOAD_BYTES = 1024 * 1024;

const AUDIO_URL = 'query ($id: ID!) { recording(id: $id) { audioUrl } }';
const CREATE_KEY = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on CreatedApiKey { secret } } }';

export async function openAttackTarget(dataDir: string): Promise<AttackTarget> {
  const issuer = new Issuer();
  await issuer.start();
  for (const [kid, alg] of [['first', 'ES256'], ['weak', 'ES384']] as const) await issuer.addKey(kid, alg);
  const workspaceId = await command(dataDir, 'workspaces', 'create', '--name', 'Stranger');
  const strangersKey = await command(dataDir, 'keys', 'create', '--workspace', workspaceId, '--role', 'admin', '--name', 'stranger');
  const server = await startServer(dataDir, {
    UNDERTONE_INTROSPECTION: 'false', UNDERTONE_REQUESTS_PER_MINUTE: String(KEY_REQUESTS), UNDERTONE_FAILED_KEYS_PER_MINUTE: String(FAILED_KEYS), UNDERTONE_MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
    UNDERTONE_OIDC_ISSUER: issuer.url, UNDERTONE_OIDC_AUDIENCE: 'undertone',
  });
  const keyOf = async (role: string, scopes?: readonly string[]): Promise<string> => (await server.query<{ createApiKey: { secret: string } }>(CREATE_KEY, { input: { name: role, role, scopes } })).createApiKey.secret;
  const [analyst, viewer, flooder, narrow] = [await keyOf('analyst'), await keyOf('viewer'), await keyOf('viewer'), await keyOf('admin', ['webhooks:write'])];
  const recordingId = await server.upload(speechLikeWav(1, 7), 'ours.wav');
  const { recording } = await server.query<{ recording: { audioUrl: string } }>(AUDIO_URL, { id: recordingId });
  const { url } = server;
  return {
    url, port: Number(new URL(url).port), pid: server.child.pid!, issuer, recordingId, audioUrl: recording.audioUrl,
    keys: { admin: TEST_ADMIN_KEY, analyst, viewer, flooder, narrow },
    strangersRecordingId: await uploadedBy(url, strangersKey),
    isWell: () => isWell(server),
    async close() {
      await server.kill('SIGTERM');
      await issuer.stop();
    },
  };
}

async function isWell(server: ServerProcess): Promise<boolean> {
  const { viewer } = await server.query<{ viewer: { role: string } }>('{ viewer { role } }');
  return viewer.role === 'admin' && (await fetch(`${server.url}/readyz`)).status === 200;
}

async function uploadedBy(url: string, key: string): Promise<string> {
  const answer = await fetch(`${url}/recordings?fileName=strange.wav`, { method: 'PUT', headers: { Authorization: `Bearer ${key}` }, body: Uint8Array.from(speechLikeWav(1, 8)) });
  return ((await answer.json()) as { id: string }).id;
}

/** The first line that a command of ours prints. */
async function command(dataDir: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['bin/undertone.mjs', ...args], { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], UNDERTONE_DATA_DIR: dataDir } });
  return stdout.trim().split('\n')[0]!;
}

/** Status and code of an answer over HTTP, wherever it says the code: an error of GraphQL, of a route, or a problem in the data. */
export async function toldBy(response: Response): Promise<string> {
  return told(response.status, await response.text());
}

export function told(status: number, body: string): string {
  const code = /"code":"([A-Z_]+)"/.exec(body)?.[1] ?? (/"data":\{"[^"]+":null\}/.test(body) ? 'null' : '');
  return `${status} ${code}${body.includes('Did you mean') ? ' with names of the schema' : ''}`.trim();
}

export async function graphql({ url }: AttackTarget, key: string, query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return toldBy(await fetch(`${url}/graphql`, { method: 'POST', headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ query, variables }) }));
}

/** Writes to a bare connection until the server closes it, and tells what came back. `drip` is written again and again. */
export function rawExchange(port: number, text: string, drip: { readonly text: string; readonly everyMs: number } | null = null): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const dripping = drip === null ? undefined : setInterval(() => socket.write(drip.text), drip.everyMs);
    socket.on('connect', () => socket.write(text));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      // An answer that leaves the connection open is over where its body is.
      if (drip === null && /\r\n\r\n[^]*\}\s*$/.test(received)) socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(dripping);
      resolve(told(Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1] ?? 0), received));
    });
  });
}
