import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeNpy } from '../../src/domain/npy.js';
import { parseByteRange } from '../../src/http/byte-range.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> => fetch(app.url + path, { method, headers: { Authorization: 'Bearer viewer-key', ...headers } });

describe('GET /recordings/:id/audio', () => {
  const bytes = Buffer.from('0123456789abcdef');

  it('sends everything with what a player needs to seek', async () => {
    const recording = app.world.addRecording({ fileName: 'Gespräch "1".wav' }, bytes);
    const response = await get(`/recordings/${recording.id}/audio`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'audio/wav', 'content-length': '16', 'accept-ranges': 'bytes', etag: `"${recording.sha256}"`, 'x-content-type-options': 'nosniff', 'content-security-policy': expect.stringContaining("default-src 'none'") as unknown,
      'content-disposition': 'attachment; filename="Gespr_ch _1_.wav"; filename*=UTF-8\'\'Gespr%C3%A4ch%20%221%22.wav',
    });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  });

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/16'],
    ['bytes=10-', 'abcdef', 'bytes 10-15/16'],
    ['bytes=-2', 'ef', 'bytes 14-15/16'],
    ['bytes=15-99', 'f', 'bytes 15-15/16'],
  ])('%s gives that part with 206', async (range, text, contentRange) => {
    const recording = app.world.addRecording({}, bytes);
    const response = await get(`/recordings/${recording.id}/audio`, { Range: range });
    expect([response.status, response.headers.get('content-range'), response.headers.get('content-length'), await response.text()]).toEqual([206, contentRange, String(text.length), text]);
  });

  it('a range outside the file is 416 with its length', async () => {
    const recording = app.world.addRecording({}, bytes);
    const response = await get(`/recordings/${recording.id}/audio`, { Range: 'bytes=16-' });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */16']);
  });

  it('a range of another version of the file, by If-Range, gives everything', async () => {
    const recording = app.world.addRecording({}, bytes);
    expect((await get(`/recordings/${recording.id}/audio`, { Range: 'bytes=0-3', 'If-Range': '"other"' })).status).toBe(200);
    expect((await get(`/recordings/${recording.id}/audio`, { Range: 'bytes=0-3', 'If-Range': `"${recording.sha256}"` })).status).toBe(206);
  });

  it('HEAD tells length and type without the bytes; a known ETag is 304', async () => {
    const recording = app.world.addRecording({}, bytes);
    const response = await get(`/recordings/${recording.id}/audio`, {}, 'HEAD');
    expect([response.status, response.headers.get('content-length'), response.headers.get('content-type'), await response.text()]).toEqual([200, '16', 'audio/wav', '']);
    expect((await get(`/recordings/${recording.id}/audio`, { 'If-None-Match': `"${recording.sha256}"` })).status).toBe(304);
  });

  it("another workspace's recording and none at all are answered alike", async () => {
    const foreign = app.world.addRecording({ workspaceId: 'ws_2' }, bytes);
    const answers = await Promise.all([get(`/recordings/${foreign.id}/audio`), get('/recordings/rec_none/audio')]);
    expect(answers.map((answer) => answer.status)).toEqual([404, 404]);
    const [first, second] = (await Promise.all(answers.map((answer) => answer.json()))) as unknown[];
    expect(first).toEqual(second);
  });
});

describe('byte ranges', () => {
  it.each([
    [undefined, null], ['bytes=0-1,4-5', null], ['items=0-1', null], ['bytes=-', null], ['bytes=5-2', null], ['bytes=0-0', { start: 0, end: 1 }], ['bytes=-0', 'unsatisfiable'], ['bytes=-99', { start: 0, end: 10 }], ['bytes=10-', 'unsatisfiable'],
  ])('%s of ten bytes is %j', (header, expected) => {
    expect(parseByteRange(header, 10)).toEqual(expected);
  });

  it('an empty file has no range to give', () => {
    expect(parseByteRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(parseByteRange('bytes=-5', 0)).toBe('unsatisfiable');
  });
});

/** Reads a version 1.0 file as the format's description says. */
function readNpy(file: Buffer): { shape: number[]; values: number[]; header: string; dataOffset: number } {
  expect(file.subarray(0, 8)).toEqual(Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]));
  const dataOffset = 10 + file.readUInt16LE(8);
  const header = file.subarray(10, dataOffset).toString('latin1');
  const shape = (/'shape': \(([\d, ]+)\)/.exec(header)?.[1] ?? '').split(', ').map(Number);
  return { shape, header, dataOffset, values: Array.from({ length: (file.length - dataOffset) / 4 }, (_, index) => file.readFloatLE(dataOffset + index * 4)) };
}

describe('npy files', () => {
  it('an embedding downloads as a matrix of one row, by link and by key', async () => {
    const embedding = app.world.addEmbedding(app.world.addAnalysis(app.world.addRecording()), null);
    const response = await get(`/embeddings/${embedding.id}.npy`);
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${embedding.id}.npy"`);
    expect(readNpy(Buffer.from(await response.arrayBuffer()))).toMatchObject({ shape: [1, 3], values: [1, -2.5, 3.25] });
    const { data } = await app.graphql('query ($id: ID!) { analysis(id: $id) { embedding { npyUrl } } }', { id: embedding.analysisId });
    expect((await fetch(app.url + (data?.['analysis'] as { embedding: { npyUrl: string } }).embedding.npyUrl)).status).toBe(200);
  });

  it.each(['emb_none.npy', 'emb_none', '..%2Fetc.npy'])('%s is 404', async (file) => {
    expect((await get(`/embeddings/${file}`)).status).toBe(404);
  });

  it.each([[1, 3], [2, 768], [1000, 1], [0, 4]])('%i rows of %i are a valid version 1.0 file, aligned to 64 bytes', (rows, columns) => {
    const values = Float32Array.from({ length: rows * columns }, (_, index) => index / 7);
    const read = readNpy(encodeNpy(values, rows, columns));
    expect(read.dataOffset % 64).toBe(0);
    expect(read.header).toMatch(/^\{'descr': '<f4', 'fortran_order': False, 'shape': \(\d+, \d+\), \} *\n$/);
    expect(read.shape).toEqual([rows, columns]);
    expect(read.values).toEqual(Array.from(values));
  });

  it('a shape that does not fit the values is refused', () => {
    expect(() => encodeNpy(new Float32Array(5), 2, 3)).toThrow(RangeError);
  });
});
