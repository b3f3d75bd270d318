import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { readTrustedDocuments, trustedDocuments } from '../../src/http/trusted-documents.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const VIEWER = 'query Who { viewer { role } }';
const PROGRESS = 'subscription Follow($id: ID!) { analysisProgress(id: $id) { status } }';
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ trusted: trustedDocuments([VIEWER, PROGRESS]) });
});
afterAll(() => app.close());

async function send(body: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { Authorization: 'Bearer viewer-key', 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}
const get = (query: string): Promise<Response> => fetch(`${app.url}/graphql?${query}`, { headers: { Authorization: 'Bearer viewer-key', 'apollo-require-preflight': 'true' } });
const REFUSED = { status: 400, body: { errors: [expect.objectContaining({ extensions: expect.objectContaining({ code: 'DOCUMENT_NOT_TRUSTED' }) as unknown })] } };

describe('trusted documents', () => {
  it('run by their text and by their digest', async () => {
    const answer = { status: 200, body: { data: { viewer: { role: 'viewer' } } } };
    expect(await send({ query: VIEWER })).toEqual(answer);
    expect(await send({ extensions: { persistedQuery: { version: 1, sha256Hash: digestOf(VIEWER) } } })).toEqual(answer);
    expect((await get(`query=${encodeURIComponent(VIEWER)}`)).status).toBe(200);
  });

  it('are the only ones: another text, another digest, and another text beside a trusted digest are refused', async () => {
    const other = 'query Who { viewer { role keyId } }';
    const trusted = { persistedQuery: { version: 1, sha256Hash: digestOf(VIEWER) } };
    for (const body of [{ query: other }, { query: `${VIEWER} ` }, {}, { query: 7, extensions: trusted }, { query: other, extensions: trusted }, { query: '', extensions: trusted }, { extensions: { persistedQuery: { sha256Hash: digestOf(other) } } }]) expect(await send(body)).toEqual(REFUSED);
    expect((await get(`query=${encodeURIComponent(other)}`)).status).toBe(400);
    expect((await get(`query=${encodeURIComponent(VIEWER)}&query=${encodeURIComponent(other)}`)).status).toBe(400);
    expect((await get(`extensions=${encodeURIComponent(JSON.stringify(trusted))}`)).status).toBe(400);
  });

  it('are the only ones over WebSockets too', async () => {
    const client = createClient({ url: `${app.url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams: { apiKey: 'viewer-key' }, retryAttempts: 0 });
    const analysis = app.world.addAnalysis(app.world.addRecording(), { status: 'SUCCEEDED', progress: 1 });
    const first = async (query: string): Promise<unknown> => {
      for await (const message of client.iterate({ query, variables: { id: analysis.id } })) return message;
      return null;
    };
    expect(await first(PROGRESS)).toMatchObject({ data: { analysisProgress: { status: 'SUCCEEDED' } } });
    await expect(first(`${PROGRESS} `)).rejects.toMatchObject([{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }]);
    await client.dispose();
  });

  it('come from a file whose digests are those of its texts, or the server does not start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'undertone-trusted-'));
    const write = async (content: unknown): Promise<string> => {
      const path = join(folder, 'documents.json');
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    };
    try {
      expect(readTrustedDocuments(await write({ [digestOf(VIEWER)]: VIEWER })).pick({ query: VIEWER })).toBe(VIEWER);
      expect(readTrustedDocuments(await write({ [`sha256:${digestOf(VIEWER)}`]: VIEWER })).pick({ query: VIEWER })).toBe(VIEWER);
      for (const content of [{ [digestOf('x')]: VIEWER }, { abc: VIEWER }, [VIEWER], 'no JSON']) {
        const path = await write(content);
        expect(() => readTrustedDocuments(path)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
      }
      expect(() => readTrustedDocuments(join(folder, 'none.json'))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
