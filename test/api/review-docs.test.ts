import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApiSchema } from '../../src/resolvers/build-schema.js';
import { judged, reviewSubject } from '../support/fake-reviews.js';
import { readSource } from '../support/source-files.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const examples = [...readSource('docs/human-review.md').matchAll(/```graphql\n([^]*?)```/g)].map((match) => match[1]!);

describe('docs/human-review.md', () => {
  let app: TestApp;
  let segmentId: string;
  beforeAll(async () => {
    app = await startTestApp();
    const analysis = app.world.addAnalysis(app.world.addRecording());
    segmentId = app.world.addSegment(analysis).id;
    app.world.reviewed.memory.subjects.push(reviewSubject([judged(segmentId)], { recordingId: analysis.recordingId, analysisId: analysis.id }));
  });
  afterAll(() => app.close());

  it('has examples that run one after the other as they are written, once ids stand in their places', async () => {
    const [asked, watched] = [examples.filter((one) => !one.startsWith('subscription')), examples.filter((one) => one.startsWith('subscription'))];
    expect([asked.length, watched.map((one) => validate(buildApiSchema(), parse(one)))]).toEqual([8, [[]]]);
    let reviewId = '';
    for (const example of asked) {
      const { data, errors } = await app.graphql(example.replaceAll('seg_…', segmentId).replaceAll('rev_…', reviewId), {}, 'admin-key');
      expect(errors, example).toBeUndefined();
      expect(JSON.stringify(data), example).not.toMatch(/"code":|null\}$/);
      reviewId = (data!['enqueueReview'] as { readonly id: string } | undefined)?.id ?? reviewId;
    }
    expect(await app.world.reviewed.memory.repository.findById('ws_1', reviewId)).toMatchObject({ status: 'PENDING', decisions: [{ label: 'sad', spentSeconds: 14, undoneBy: 'admin-key' }] });
  });
});
