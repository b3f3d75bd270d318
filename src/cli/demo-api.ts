import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { basename } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { DemoServer } from './demo-server.js';

/** A failure that the API answered with: a problem of a union, or an error of GraphQL. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

/** One GraphQL operation over plain HTTP; gives `data`, whose shape the document decides. */
export async function query(server: DemoServer, document: string, variables: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.adminKey}` },
    body: JSON.stringify({ query: document, variables }),
    signal,
  });
  return dataOf(await response.text(), response.status);
}

/** One GraphQL operation with a file as its variable `file`, streamed as the GraphQL multipart request specification has it. */
export async function upload(server: DemoServer, document: string, variables: Readonly<Record<string, unknown>>, path: string, options: { readonly signal: AbortSignal; readonly onSent: (fraction: number) => void }): Promise<unknown> {
  const boundary = `undertone-${randomBytes(12).toString('hex')}`;
  const { size } = await stat(path);
  const part = (name: string, value: string): string => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const fileName = basename(path).replaceAll(/["\\\r\n]/g, '_');
  const head = Buffer.from(
    part('operations', JSON.stringify({ query: document, variables: { ...variables, file: null } })) + part('map', '{"0":["variables.file"]}')
    + `--${boundary}\r\ncontent-disposition: form-data; name="0"; filename="${fileName}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return await new Promise<unknown>((resolve, reject) => {
    const outgoing = request(`${server.url}/graphql`, {
      method: 'POST',
      signal: options.signal,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': head.length + size + tail.length, 'apollo-require-preflight': 'true', authorization: `Bearer ${server.adminKey}` },
    });
    const file = createReadStream(path);
    // A server that refuses early answers before the body is through; its answer says why, a broken pipe does not.
    let hasAnswer = false;
    outgoing.on('error', (error) => { if (!hasAnswer) reject(error); });
    outgoing.on('response', (response) => {
      hasAnswer = true;
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        file.destroy();
        try {
          resolve(dataOf(text, response.statusCode ?? 0));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    let sentBytes = 0;
    outgoing.write(head);
    file.on('data', (chunk) => options.onSent((sentBytes += chunk.length) / Math.max(1, size)));
    file.on('error', (error) => { outgoing.destroy(error); reject(error); });
    file.on('end', () => outgoing.end(tail));
    file.pipe(outgoing, { end: false });
  });
}

function dataOf(text: string, status: number): unknown {
  let answer: GraphqlAnswer;
  try {
    answer = JSON.parse(text) as GraphqlAnswer;
  } catch {
    throw new ApiProblem('INTERNAL', `The server answered with HTTP ${status} and no JSON.`);
  }
  const error = answer.errors?.[0];
  if (error !== undefined) throw new ApiProblem(error.extensions?.code ?? 'INTERNAL', error.message);
  if (answer.data == null) throw new ApiProblem('INTERNAL', `The server answered with HTTP ${status} and no data.`);
  return answer.data;
}
