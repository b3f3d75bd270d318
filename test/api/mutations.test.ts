import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { multipart, startTestApp, type GraphQLAnswer, type TestApp } from '../support/test-app.js';

const UPLOAD = 'mutation ($file: Upload!, $input: UploadRecordingInput) { uploadRecording(file: $file, input: $input) { __typename ... on Recording { id sha256 fileName title byteLength duplicate } ... on Problem { code message } ... on UploadProblem { maxBytes receivedBytes } ... on ForbiddenProblem { neededRole } } }';
const ANALYZE = 'mutation ($file: Upload!) { analyze(file: $file) { __typename ... on Analysis { id status } ... on Problem { code } } }';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ maxUploadBytes: 100_000 });
});
afterAll(() => app.close());
beforeEach(() => app.world.recordings.clear());

async function send(query: string, file: Blob | null, options: { variables?: Record<string, unknown>; fileName?: string; key?: string; headers?: Record<string, string> } = {}): Promise<GraphQLAnswer & { result: Record<string, unknown> | undefined }> {
  const headers = { 'apollo-require-preflight': 'true', Authorization: `Bearer ${options.key ?? 'analyst-key'}`, ...options.headers };
  const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers, body: multipart(query, file, options) });
  const answer = { status: response.status, ...((await response.json()) as Omit<GraphQLAnswer, 'status'>) };
  return { ...answer, result: Object.values(answer.data ?? {})[0] as Record<string, unknown> | undefined };
}

describe('uploadRecording', () => {
  it('gives the recording, and the same one with duplicate true when the bytes come again', async () => {
    const bytes = new Blob([Buffer.alloc(5000, 7)]);
    const first = await send(UPLOAD, bytes, { fileName: 'Gespräch 1.wav', variables: { input: { title: 'A call', tags: ['x'] } } });
    expect(first.result).toMatchObject({ __typename: 'Recording', fileName: 'Gespräch 1.wav', title: 'A call', byteLength: 5000, duplicate: false });
    const again = await send(UPLOAD, bytes, { fileName: 'other.wav' });
    expect(again.result).toEqual({ ...first.result, duplicate: true });
  });

  it('a file of exactly the limit is taken, one byte more is an UploadProblem with the limit', async () => {
    expect((await send(UPLOAD, new Blob([Buffer.alloc(100_000, 1)]))).result).toMatchObject({ __typename: 'Recording', byteLength: 100_000 });
    const refused = await send(UPLOAD, new Blob([Buffer.alloc(100_002, 1)]));
    expect(refused.result).toMatchObject({ __typename: 'UploadProblem', code: 'UPLOAD_TOO_LARGE', maxBytes: 100_000 });
  });

  it.each([
    ['an empty file', new Blob([]), 'UPLOAD_EMPTY'],
    ['a part that never comes', null, 'UPLOAD_ABORTED'],
  ])('%s is an UploadProblem', async (_name, file, code) => {
    expect((await send(UPLOAD, file)).result).toMatchObject({ __typename: 'UploadProblem', code });
  });

  it('a wrong announced digest is an UploadProblem', async () => {
    expect((await send(UPLOAD, new Blob(['abc']), { variables: { input: { sha256: '0'.repeat(64) } } })).result).toMatchObject({ __typename: 'UploadProblem', code: 'UPLOAD_DIGEST_MISMATCH', receivedBytes: 3 });
  });

  it('a viewer gets a ForbiddenProblem that names the role it needs', async () => {
    expect((await send(UPLOAD, new Blob(['abc']), { key: 'viewer-key' })).result).toMatchObject({ __typename: 'ForbiddenProblem', code: 'FORBIDDEN', neededRole: 'analyst' });
  });

  it('two files in one request are refused', async () => {
    const form = multipart(UPLOAD, new Blob(['one']));
    form.set('map', JSON.stringify({ 0: ['variables.file'], 1: ['variables.other'] }));
    form.append('1', new Blob(['two']), 'two.wav');
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { 'apollo-require-preflight': 'true', Authorization: 'Bearer analyst-key' }, body: form });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_INPUT' } }] });
    expect(app.world.recordings.size).toBe(0);
  });

  it('multipart without the preflight header is refused before a byte of the file is read', async () => {
    const before = app.world.receivedBytes;
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { Authorization: 'Bearer analyst-key' }, body: multipart(UPLOAD, new Blob(['abc'])) });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'CSRF_REFUSED' } }] });
    expect(app.world.receivedBytes).toBe(before);
  });

  it('a file that goes with another operation than its own is no recording', async () => {
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { 'apollo-require-preflight': 'true', Authorization: 'Bearer analyst-key' }, body: multipart('query ($file: ID) { recording(id: $file) { id } }', new Blob(['abc'])) });
    expect(await response.json()).toHaveProperty('errors');
    expect(app.world.recordings.size).toBe(0);
  });

  it('a fault of the service is masked and carries a reference that is in the log, without the message', async () => {
    app.world.fault = new Error('connect to /secret/path as analyst failed');
    const answer = await send(UPLOAD, new Blob(['abc']));
    const [error] = answer.errors ?? [];
    expect(error?.extensions).toMatchObject({ code: 'INTERNAL', retryable: true });
    expect(JSON.stringify(answer)).not.toContain('secret');
    const logged = app.logLines.filter((line) => line.includes(String(error?.extensions['reference'])));
    expect(logged).toHaveLength(1);
    expect(logged[0]).not.toContain('secret');
  });
});

describe('analyses', () => {
  it('analyze uploads, runs and gives the finished analysis', async () => {
    expect((await send(ANALYZE, new Blob(['speech']))).result).toMatchObject({ __typename: 'Analysis', status: 'SUCCEEDED' });
  });

  it('analyze gives an AudioProblem for bytes that are no audio', async () => {
    expect((await send(ANALYZE, new Blob(['not audio']))).result).toEqual({ __typename: 'AudioProblem', code: 'NOT_AUDIO' });
  });

  const REQUEST = 'mutation ($input: AnalyzeRecordingInput!) { analyzeRecording(input: $input) { __typename ... on Analysis { status raw speakersMode } ... on Problem { code } ... on ModelProblem { installed } ... on OverloadedProblem { retryAfterMs } ... on NotFoundProblem { id } } }';
  it.each([
    [{}, { __typename: 'Analysis', status: 'QUEUED', raw: false, speakersMode: 'NONE' }],
    [{ raw: true, speakers: 'CHANNELS' }, { __typename: 'Analysis', status: 'QUEUED', raw: true, speakersMode: 'CHANNELS' }],
    [{ model: 'nope' }, { __typename: 'ModelProblem', code: 'MODEL_UNKNOWN', installed: ['starter'] }],
    [{ recordingId: 'rec_none' }, { __typename: 'NotFoundProblem', code: 'NOT_FOUND', id: 'rec_none' }],
    [{ idempotencyKey: 'used' }, { __typename: 'ConflictProblem', code: 'IDEMPOTENCY_KEY_REUSED' }],
    [{ idempotencyKey: 'full' }, { __typename: 'OverloadedProblem', code: 'INFERENCE_OVERLOADED', retryAfterMs: 2500 }],
  ])('analyzeRecording with %j gives %j', async (input, expected) => {
    const recording = app.world.addRecording();
    expect((await app.graphql(REQUEST, { input: { recordingId: recording.id, ...input } })).data).toEqual({ analyzeRecording: expected });
  });

  it('reanalyze gives a new analysis of the same recording, and names the installed models for an unknown one', async () => {
    const earlier = app.world.addAnalysis(app.world.addRecording());
    const query = 'mutation ($id: ID!, $model: String!) { reanalyze(id: $id, model: $model) { __typename ... on Analysis { id status recording { id } } ... on ModelProblem { code installed } } }';
    const again = (await app.graphql(query, { id: earlier.id, model: 'starter' })).data?.['reanalyze'] as Record<string, unknown>;
    expect(again).toMatchObject({ __typename: 'Analysis', status: 'QUEUED', recording: { id: earlier.recordingId } });
    expect(again['id']).not.toBe(earlier.id);
    expect((await app.graphql(query, { id: earlier.id, model: 'none' })).data?.['reanalyze']).toMatchObject({ __typename: 'ModelProblem', code: 'MODEL_UNKNOWN' });
  });

  it('cancelling a finished analysis is a ConflictProblem', async () => {
    const analysis = app.world.addAnalysis(app.world.addRecording());
    expect((await app.graphql('mutation ($id: ID!) { cancelAnalysis(id: $id) { __typename ... on Problem { code } } }', { id: analysis.id })).data).toEqual({ cancelAnalysis: { __typename: 'ConflictProblem', code: 'CONFLICT' } });
  });
});

describe('administration', () => {
  it('deleting needs the role admin and then gives the former id', async () => {
    const { id } = app.world.addRecording();
    const query = 'mutation ($id: ID!) { deleteRecording(id: $id, reason: "asked for") { __typename ... on DeletedRecording { id } ... on ForbiddenProblem { neededRole } } }';
    expect((await app.graphql(query, { id })).data).toEqual({ deleteRecording: { __typename: 'ForbiddenProblem', neededRole: 'admin' } });
    expect((await app.graphql(query, { id }, 'other-key')).data).toEqual({ deleteRecording: { __typename: 'NotFoundProblem' } });
    expect((await app.graphql(query, { id }, 'admin-key')).data).toEqual({ deleteRecording: { __typename: 'DeletedRecording', id } });
  });

  it('models load and unload, and an unknown one is a ModelProblem', async () => {
    const query = 'mutation ($id: ID!) { loadModel(id: $id) { __typename ... on Model { state loadMs frameHopSeconds calibrated precision } ... on Problem { code } } }';
    expect((await app.graphql(query, { id: 'starter' }, 'admin-key')).data).toEqual({ loadModel: { __typename: 'Model', state: 'READY', loadMs: 42, frameHopSeconds: 0.02, calibrated: true, precision: 'f32' } });
    expect((await app.graphql(query, { id: 'nope' }, 'admin-key')).data).toEqual({ loadModel: { __typename: 'ModelProblem', code: 'MODEL_UNKNOWN' } });
    expect((await app.graphql('mutation { unloadModel(id: "starter") { ... on Model { state stateMessage } } }', {}, 'admin-key')).data).toEqual({ unloadModel: { state: 'UNLOADED', stateMessage: 'Unloaded on request.' } });
  });

  it('a made key works until it is revoked', async () => {
    const made = await app.graphql('mutation { createApiKey(input: { name: "new-key", role: viewer }) { ... on CreatedApiKey { secret apiKey { id role } } } }', {}, 'admin-key');
    const { secret, apiKey } = made.data?.['createApiKey'] as { secret: string; apiKey: { id: string; role: string } };
    expect((await app.graphql('{ viewer { role } }', {}, secret)).data).toEqual({ viewer: { role: 'viewer' } });
    await app.graphql('mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }', { id: apiKey.id }, 'admin-key');
    expect((await app.graphql('{ viewer { role } }', {}, secret)).status).toBe(401);
  });
});
