import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisRepository } from '../../src/db/repositories.js';
import { EMOTIONS } from '../../src/domain/emotion.js';
import { encodeFrameTrack, type FrameTrack } from '../../src/domain/frame-track.js';
import { createTimelineService } from '../../src/services/timeline.service.js';
import { prediction } from '../support/fake-services.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const DURATION_SECONDS = 300;
const SEGMENT_SECONDS = 2.5;
const HOP_SECONDS = 0.02;
const ONE_MEGABYTE = 1_000_000;

/** A call without a pause, with a row of logits for every 20 ms: the most that five minutes can hold. */
function frameTrack(): FrameTrack {
  const frameCount = Math.round(SEGMENT_SECONDS / HOP_SECONDS);
  const blocks = Array.from({ length: DURATION_SECONDS / SEGMENT_SECONDS }, (_, index) => ({
    segmentIndex: index, startSeconds: index * SEGMENT_SECONDS, endSeconds: (index + 1) * SEGMENT_SECONDS, frameOffset: index * frameCount, frameCount, speaker: null,
  }));
  const logits = Float32Array.from({ length: blocks.length * frameCount * EMOTIONS.length }, (_, i) => Math.sin(i * 12.9898) * 4);
  return { frameHopSeconds: HOP_SECONDS, labels: EMOTIONS, blocks, logits };
}

const SCORED = 'label emotion confidence calibrated abstained predictionSet scores { label emotion score logit }';
const EVERYTHING = `query ($id: ID!) { analysis(id: $id) {
  id status progress modelVersion summary { ${SCORED} } warnings { code message } gate { kind speechSeconds leftOutSeconds reason }
  timeline { binSeconds labels startSeconds series { label values base64 } }
  segments { totalCount pageInfo { hasNextPage endCursor } nodes { id index startSeconds endSeconds speechSeconds gate gateReason text speaker { id key role } prediction { ${SCORED} contributions { startSeconds endSeconds value } } } }
} }`;

describe('a five-minute call with frames', () => {
  let app: TestApp;
  let id: string;
  beforeAll(async () => {
    const track = frameTrack();
    const analyses = { findById: (_workspaceId: string, wanted: string) => Promise.resolve(app.world.analyses.get(wanted) ?? null) } as Partial<AnalysisRepository> as AnalysisRepository;
    const bytes = Buffer.from(encodeFrameTrack(track));
    app = await startTestApp({ services: { timelines: createTimelineService({ analyses, blobs: { readAll: () => Promise.resolve(bytes) } }) } });
    const analysis = app.world.addAnalysis(app.world.addRecording({ durationSeconds: DURATION_SECONDS }), { trackKey: 'tracks/call', modelLabels: EMOTIONS });
    const scores = Object.fromEntries(EMOTIONS.map((label, index) => [label, 0.1234567890123 / (index + 1)]));
    for (const { segmentIndex, startSeconds, endSeconds, frameOffset, frameCount } of track.blocks) {
      app.world.addSegment(analysis, { index: segmentIndex, startSeconds, endSeconds, speechSeconds: SEGMENT_SECONDS, frameOffset, frameCount, prediction: { ...prediction('sad'), scores, logits: Object.values(scores) } });
    }
    id = analysis.id;
  });
  afterAll(() => app.close());

  const ask = async (query: string) => {
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer analyst-key' }, body: JSON.stringify({ query, variables: { id } }) });
    const text = await response.text();
    return { bytes: Buffer.byteLength(text), data: (JSON.parse(text) as { data: { analysis: { timeline: { startSeconds: number[] }; segments: { nodes: { prediction: { contributions: unknown[] } }[]; totalCount: number } } } | null; errors?: unknown }) };
  };

  it('is answered in less than 1 MB at the defaults of timeline, segments and contributions, whatever else is asked beside them', async () => {
    const { bytes, data } = await ask(EVERYTHING);
    expect(data.errors).toBeUndefined();
    const { timeline, segments } = data.data!.analysis;
    expect(timeline.startSeconds).toHaveLength(DURATION_SECONDS / 0.5);
    expect(segments.nodes).toHaveLength(100);
    expect(segments.totalCount).toBe(120);
    expect(segments.nodes[0]!.prediction.contributions).toHaveLength(SEGMENT_SECONDS / 0.5);
    expect(bytes).toBeLessThan(ONE_MEGABYTE);
  });

  it('has every frame for whoever asks for bins of 20 ms', async () => {
    const { data, bytes } = await ask('query ($id: ID!) { analysis(id: $id) { timeline(binSeconds: 0.02) { startSeconds series { values } } } }');
    expect(data.data!.analysis.timeline.startSeconds).toHaveLength(DURATION_SECONDS / HOP_SECONDS);
    expect(bytes).toBeGreaterThan(ONE_MEGABYTE / 2);
  });
});
