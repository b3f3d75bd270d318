import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCsv } from '../../src/domain/csv.js';
import type { AudioQuality } from '../../src/domain/analysis.js';
import type { AnalysisReport } from '../../src/domain/analysis-report.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
const get = (path: string): Promise<Response> => fetch(app.url + path, { headers: { Authorization: 'Bearer viewer-key' } });
const QUALITY: AudioQuality = {
  container: 'wav', codec: 'pcm_s16le', bitrateBps: null, originalSampleRateHz: 16000, originalChannels: 1, durationSeconds: 4, effectiveBandwidthHz: 8000, integratedLoudnessLufs: -20, peakDbfs: -3,
  clippingRatio: 0, dcOffset: 0, speechLevelDbfs: -22, snrDb: 30, silenceRatio: 0.1, speechSeconds: 4, dropoutCount: 0,
};

function finished(changes: { readonly workspaceId?: string; readonly fileName?: string } = {}) {
  const analysis = app.world.addAnalysis(app.world.addRecording({ quality: QUALITY, durationSeconds: 4, ...changes }));
  app.world.addSegment(analysis);
  app.world.addSegment(analysis, { prediction: null, gate: 'music' });
  app.world.addEmbedding(analysis, null);
  return analysis;
}

describe('exports of an analysis', () => {
  it('as JSON are what the command prints, by a link that needs no header', async () => {
    const { id } = finished({ fileName: 'call 7.wav' });
    const { data } = await app.graphql('query ($id: ID!) { analysis(id: $id) { exports { jsonUrl csvUrl svgUrl } } }', { id });
    const { jsonUrl } = (data?.['analysis'] as { exports: { jsonUrl: string } }).exports;
    const report = (await (await fetch(app.url + jsonUrl)).json()) as AnalysisReport;
    expect(Object.keys(report)).toEqual(['file', 'sha256', 'durationSeconds', 'model', 'gate', 'quality', 'warnings', 'summary', 'speakers', 'conversation', 'segments', 'transcript', 'embedding']);
    expect(report).toMatchObject({ file: 'call 7.wav', durationSeconds: 4, quality: { snrDb: 30 }, summary: { label: 'happy' }, embedding: { dimension: 3, kind: 'utterance' }, segments: [{ startSeconds: 0, endSeconds: 2, label: 'angry' }, { label: null, gate: 'music' }] });
  });

  it('as CSV have a line for the whole and one a segment, and a file name that a spreadsheet does not run', async () => {
    const { id } = finished({ fileName: '=cmd,"x".wav' });
    const response = await get(`/analyses/${id}.csv`);
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${id}.csv"`);
    const [header, whole, first, second, ...rest] = parseCsv(await response.text()).map(({ fields }) => fields);
    expect(rest).toEqual([]);
    expect(header!.slice(0, 6)).toEqual(['file', 'sha256', 'start_seconds', 'end_seconds', 'speaker', 'label']);
    expect(whole!.slice(2, 6)).toEqual(['0', '4', '(whole)', 'happy']);
    expect(whole![0]).not.toMatch(/^=/);
    expect([first![5], second![5], second![8]]).toEqual(['angry', '', 'music']);
  });

  it('as SVG are a picture under a policy that runs nothing', async () => {
    const { id } = finished({ fileName: '<script>x</script>.wav' });
    const response = await get(`/analyses/${id}.svg`);
    expect(Object.fromEntries(response.headers)).toMatchObject({ 'content-type': 'image/svg+xml; charset=utf-8', 'x-content-type-options': 'nosniff', 'content-security-policy': expect.stringContaining("default-src 'none'") as unknown });
    const svg = await response.text();
    expect(svg).toMatch(/^<svg[\s>]|^<\?xml/);
    expect(svg).not.toContain('<script');
  });

  it('of one that has not succeeded say so, of another workspace or none are 404 alike', async () => {
    const running = app.world.addAnalysis(app.world.addRecording({ quality: QUALITY }), { status: 'RUNNING' });
    const refused = await get(`/analyses/${running.id}.json`);
    expect([refused.status, await refused.json()]).toMatchObject([409, { error: { code: 'CONFLICT', message: expect.stringContaining('RUNNING') as unknown } }]);
    const [theirs, none, odd] = await Promise.all([get(`/analyses/${finished({ workspaceId: 'ws_2' }).id}.csv`), get('/analyses/ana_none.csv'), get('/analyses/..%2Fetc.svg')]);
    expect([theirs.status, none.status, odd.status]).toEqual([404, 404, 404]);
    expect(await theirs.json()).toEqual(await none.json());
  });
});
