import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openAiTranscriber, type OpenAiTranscriberOptions } from '../../src/plugins/asr-cross-check/openai-transcriber.js';
import { describeTranscriber, pcmOf } from './transcriber.contract.js';

const never = new AbortController().signal;
const tone = (): Float32Array => Float32Array.from({ length: 16_000 }, (_, i) => 0.3 * Math.sin(i / 10));

interface Received {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly samples: Int16Array;
}

let server: Server;
let url: string;
let received: Received[] = [];
type Answer = (response: ServerResponse, request: Received) => void;
const hears: Answer = (response, { samples }) => {
  const isLoud = samples.some((sample) => Math.abs(sample) > 1000);
  response.end(JSON.stringify({ language: 'english', text: isLoud ? 'hello there' : '', words: isLoud ? [{ word: 'hello', start: 0.1, end: 0.4 }, { word: 'there', start: 0.5, end: 0.9 }] : [], segments: [] }));
};
let answer: Answer = hears;

function parse(request: IncomingMessage, body: Buffer): Received {
  const boundary = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '')![1]!;
  const fields = new Map<string, string[]>();
  let samples = new Int16Array(0);
  for (const part of body.toString('latin1').split(`--${boundary}`).slice(1, -1)) {
    const [head = '', ...rest] = part.split('\r\n\r\n');
    const content = rest.join('\r\n\r\n').slice(0, -2);
    const name = /name="([^"]+)"/.exec(head)![1]!;
    if (name === 'file') samples = new Int16Array(new Uint8Array(Buffer.from(content, 'latin1').subarray(44)).buffer);
    else fields.set(name, [...(fields.get(name) ?? []), content]);
  }
  return { path: request.url ?? '', authorization: request.headers.authorization, fields, samples };
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const one = parse(request, Buffer.concat(pieces));
      received.push(one);
      answer(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => {
  received = [];
  answer = hears;
});

const make = (changes: Partial<OpenAiTranscriberOptions> = {}) => openAiTranscriber({ url, key: 'sk-secret', model: 'whisper-1', allowPrivate: true, timeoutMs: 20_000, ...changes });
const failure = async (changes: Partial<OpenAiTranscriberOptions> = {}): Promise<{ readonly code: string; readonly message: string }> =>
  make(changes).transcribe(pcmOf(tone()), { language: null }, never).then(() => ({ code: 'none', message: 'it worked' }), (error: unknown) => error as { code: string; message: string });

describeTranscriber('openai', { make, spoken: tone, word: 'hello' });

describe('a service compatible with OpenAI', () => {
  it('gets the samples as WAV, the model, the language and the key, and nothing else', async () => {
    await make({ model: 'large' }).transcribe(pcmOf(tone()), { language: 'en-GB' }, never);
    expect(received).toHaveLength(1);
    const [one] = received;
    expect({ path: one!.path, authorization: one!.authorization, fields: Object.fromEntries(one!.fields) }).toEqual({
      path: '/v1/audio/transcriptions', authorization: 'Bearer sk-secret', fields: { model: ['large'], response_format: ['verbose_json'], 'timestamp_granularities[]': ['word', 'segment'], language: ['en'] },
    });
    expect(Array.from(one!.samples)).toEqual(Array.from(tone(), (sample) => Math.round(sample * 32_768) || 0));
  });

  it.each([
    ['lines without words', { segments: [{ start: 0, end: 1, text: ' one two' }] }, [['one', 0, 0.5], ['two', 0.5, 1]]],
    ['a text alone', { text: 'one two' }, [['one', 0, 0.5], ['two', 0.5, 1]]],
    ['nothing said', { text: '' }, []],
  ])('may answer with %s', async (_what, body, expected) => {
    answer = (response) => response.end(JSON.stringify(body));
    const { words, language } = await make().transcribe(pcmOf(tone()), { language: null }, never);
    expect(words.map(({ text, startSeconds, endSeconds }) => [text, startSeconds, endSeconds])).toEqual(expected);
    expect(language).toBeNull();
  });

  it.each<[string, Answer, string]>([
    ['refuses the key', (response) => response.writeHead(401).end('{"error": "secret detail"}'), 'HTTP status 401. Check UNDERTONE_TRANSCRIBER_KEY'],
    ['is elsewhere', (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(), 'HTTP status 302. Redirects are not followed'],
    ['answers no JSON', (response) => response.end('<html>secret</html>'), 'something that is no JSON'],
    ['answers without a text', (response) => response.end('{}'), 'without a text'],
    ['answers times that are none', (response) => response.end('{"words": [{"word": "secret"}]}'), 'times cannot be read'],
    ['floods', (response) => void response.end(Buffer.alloc(5 * 1024 * 1024, 32)), 'more than 4194304 bytes'],
    ['breaks off', (response) => { response.writeHead(200, { 'content-length': '100' }); response.write('{'); setImmediate(() => response.destroy()); }, 'transcription service'],
  ])('that %s is a failure that says so, and carries nothing of its answer', async (_what, given, expected) => {
    answer = given;
    const { code, message } = await failure();
    expect(code).toBe('TRANSCRIBER_FAILED');
    expect(message).toContain(expected);
    expect(message).not.toMatch(/secret/);
  });

  it('that hangs is given up', async () => {
    answer = () => undefined;
    expect(await failure({ timeoutMs: 200 })).toMatchObject({ code: 'TRANSCRIBER_FAILED', message: expect.stringContaining('within 200 ms') as string });
  });

  it('that is not there is a failure', async () => {
    expect(await failure({ url: 'http://127.0.0.1:1/v1' })).toMatchObject({ code: 'TRANSCRIBER_FAILED', message: expect.stringContaining('ECONNREFUSED') as string });
  });

  it.each(['http://127.0.0.1:9/v1', 'http://[::1]:9/v1', 'http://10.0.0.1/v1', 'http://169.254.169.254/v1', 'http://[::ffff:127.0.0.1]/v1'])('at %s is not called unless private addresses are allowed', async (address) => {
    expect(await failure({ url: address, allowPrivate: false })).toMatchObject({ code: 'TRANSCRIBER_FAILED', message: expect.stringContaining('UNDERTONE_TRANSCRIBER_ALLOW_PRIVATE') as string });
    expect(received).toEqual([]);
  });

  it('whose name stands for a private address is not called, nor one of whose addresses is private', async () => {
    const port = new URL(url).port;
    for (const addresses of [['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], []]) {
      const resolve = () => Promise.resolve(addresses.map((address) => ({ address, family: 4 })));
      expect(await failure({ url: `http://rebound.test:${port}/v1`, allowPrivate: false, resolve })).toMatchObject({ code: 'TRANSCRIBER_FAILED' });
    }
    expect(received).toEqual([]);
  });

  it('is resolved once, and the connection goes to what was checked', async () => {
    let asked = 0;
    const resolve = () => Promise.resolve([{ address: (asked += 1) === 1 ? '127.0.0.1' : '10.255.255.1', family: 4 }]);
    const { words } = await make({ url: `http://named.test:${new URL(url).port}/v1`, resolve }).transcribe(pcmOf(tone()), { language: null }, never);
    expect([asked, words.length, received.length]).toEqual([1, 2, 1]);
  });

  it('is not there without a URL, and says how to name one', async () => {
    expect(make({ url: null }).unavailable!()).toContain('UNDERTONE_TRANSCRIBER_URL');
    expect(await failure({ url: null })).toMatchObject({ code: 'TRANSCRIBER_FAILED' });
  });
});
