import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { startServer, TEST_ADMIN_KEY, type ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

/** What a caller hands over that names a person; none of it may be seen in a log line, a metric or a span. */
const PERSONAL = ['Jane-Doe', 'Call with Jane', 'customer-4711', 'jane@example.org'];
const CLIENT_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const ANALYZE = 'mutation($id: ID!) { analyzeRecording(input: { recordingId: $id }) { ... on Analysis { id } ... on Problem { code } } }';

describe('a real server that is watched', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ut-watch-'));
  let receiver: OtlpReceiver;
  let server: ServerProcess;
  let log = '';
  let analysisId: string;

  const request = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${server.url}${path}`, { ...init, headers: { authorization: `Bearer ${TEST_ADMIN_KEY}`, ...(init.headers as Record<string, string>) } });
  const lines = (): Record<string, unknown>[] => log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    server = await startServer(dataDir, { UNDERTONE_LOG_LEVEL: 'debug', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    server.child.stderr!.on('data', (chunk: Buffer) => { log += chunk.toString('utf8'); });
    const query = 'fileName=Jane-Doe.flac&title=Call%20with%20Jane&externalId=customer-4711&tag=jane%40example.org';
    const uploaded = await request(`/recordings?${query}`, { method: 'PUT', body: new Uint8Array(readFileSync('samples/conversation.flac')) });
    const { id } = (await uploaded.json()) as { id: string };
    const answer = await request('/graphql', {
      method: 'POST', headers: { 'content-type': 'application/json', traceparent: `00-${CLIENT_TRACE}-00f067aa0ba902b7-01` }, body: JSON.stringify({ query: ANALYZE, variables: { id } }),
    });
    analysisId = ((await answer.json()) as { data: { analyzeRecording: { id: string } } }).data.analyzeRecording.id;
    await until('the analysis has ended', async () => (await server.query<{ analysis: { status: string } }>('query($id: ID!) { analysis(id: $id) { status } }', { id: analysisId })).analysis.status === 'SUCCEEDED', 60_000);
    const letter = await server.upload(Buffer.from('a letter, not a sound\n'.repeat(40)), 'Jane-Doe.wav');
    const failed = await server.query<{ analyzeRecording: { id: string } }>(ANALYZE, { id: letter });
    await until('the other has failed', async () => (await server.query<{ analysis: { status: string } }>('query($id: ID!) { analysis(id: $id) { status } }', { id: failed.analyzeRecording.id })).analysis.status === 'FAILED', 60_000);
  }, 120_000);
  afterAll(async () => {
    await server.kill('SIGTERM');
    await receiver.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('sends one trace from the request of a client over the job to the runs of the model host, in another process', async () => {
    const ofTrace = (): ReceivedSpan[] => receiver.spans.filter(({ traceId }) => traceId === CLIENT_TRACE);
    const names = ['POST /graphql', 'analyze-recording', 'storage.fetch', 'audio.decode', 'audio.listen', 'model.infer', 'model.run', 'results.write'];
    await until('all spans have come', () => names.every((name) => ofTrace().some((span) => span.name === name)));
    const byId = new Map(ofTrace().map((span) => [span.spanId, span]));
    const ancestors = (span: ReceivedSpan): string[] => {
      const above = byId.get(span.parentSpanId);
      return above === undefined ? [] : [above.name, ...ancestors(above)];
    };
    const run = ofTrace().find(({ name }) => name === 'model.run')!;
    expect(ancestors(run)).toEqual(['model.infer', 'analyze-recording', 'POST /graphql']);
    expect(run.attributes['process.pid']).not.toBe(run.pid);
    expect(ofTrace().find(({ name }) => name === 'analyze-recording')?.attributes['undertone.analysis.id']).toBe(analysisId);
  });

  it('marks the span of what failed with the code of its problem', async () => {
    await until('the failed decode has come', () => receiver.spans.some(({ name, attributes }) => name === 'audio.decode' && attributes['error.type'] === 'NOT_AUDIO'));
    expect(receiver.spans.filter(({ traceId }) => traceId === CLIENT_TRACE).some(({ attributes }) => 'error.type' in attributes)).toBe(false);
  });

  it('writes log lines by which one analysis is followed from its request to its end', async () => {
    await until('the end is told', () => lines().some((line) => line['analysisId'] === analysisId && line['msg'] === 'an analysis ended'));
    const end = lines().find((line) => line['analysisId'] === analysisId && line['msg'] === 'an analysis ended')!;
    expect(end).toMatchObject({ outcome: 'succeeded', code: null, modelId: 'starter', traceId: CLIENT_TRACE });
    const accepted = lines().find((line) => line['msg'] === 'request' && line['requestId'] === end['requestId']);
    expect(accepted).toMatchObject({ route: '/graphql', method: 'POST' });
    expect(log.split('\n').filter((line) => (line.match(/"requestId":/g) ?? []).length > 1)).toEqual([]);
    expect(lines().find((line) => line['msg'] === 'an analysis ended' && line['outcome'] === 'failed')).toMatchObject({ code: 'NOT_AUDIO' });
  });

  it('shows what it has done as metrics with their units', async () => {
    const text = await (await request('/metrics')).text();
    const value = (line: string): number => Number(new RegExp(`^${line.replace(/[{}"]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(value('undertone_queue_depth_jobs{job="analyze-recording"}')).toBe(0);
    expect(value('undertone_queue_oldest_age_seconds{job="analyze-recording"}')).toBe(0);
    expect(value('undertone_decode_failures_total{code="NOT_AUDIO"}')).toBe(1);
    expect(value('undertone_analysis_real_time_factor_ratio_count')).toBe(1);
    expect(value('undertone_analysis_audio_seconds_total')).toBeGreaterThan(20);
    expect(value('undertone_batch_size_windows_count{model="starter"}')).toBeGreaterThan(2);
    expect(value('undertone_model_host_memory_bytes{model="starter"}')).toBeGreaterThan(10_000_000);
    expect(value('undertone_storage_duration_seconds_count{operation="commit"}')).toBe(2);
    expect(text).not.toMatch(/undertone_storage_errors_total\{/);
  });

  it('lets no name, title, tag or identifier of a caller into logs, spans or metrics', async () => {
    const everything = [log, receiver.text(), await (await request('/metrics')).text()];
    expect(everything.every((text) => text.length > 500)).toBe(true);
    expect(PERSONAL.filter((word) => everything.some((text) => text.includes(word) || text.includes(encodeURIComponent(word))))).toEqual([]);
  });
});
