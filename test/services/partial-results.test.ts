import { describe, expect, it } from 'vitest';
import { decodeFrameTrack } from '../../src/domain/frame-track.js';
import type { PartialResult } from '../../src/domain/records.js';
import type { FinishedSegment } from '../../src/services/analysis-pipeline.js';
import { collectPartialResults } from '../../src/services/partial-results.js';
import { anOutcome, aSegment } from '../support/outcome.js';

function finished(index: number): FinishedSegment {
  const segment = aSegment(index, { frameCount: 1 });
  const { startSeconds, endSeconds } = segment;
  return { model: anOutcome().model, segment, track: { frameHopSeconds: 0.04, labels: ['a', 'b'], blocks: [{ segmentIndex: index, startSeconds, endSeconds, frameOffset: 0, frameCount: 1, speaker: null }], logits: Float32Array.of(index, -index) } };
}

/** An `addPartial` that a test lets through when it wants to. */
function heldWrites(answer: () => boolean | Error) {
  const taken: PartialResult[] = [];
  let release = (): void => undefined;
  return {
    taken,
    letThrough: () => release(),
    analyses: {
      async addPartial(result: PartialResult): Promise<boolean> {
        taken.push(result);
        await new Promise<void>((resolve) => { release = resolve; });
        const said = answer();
        if (said instanceof Error) throw said;
        return said;
      },
    },
  };
}

const indexes = (results: readonly PartialResult[]): number[][] => results.map(({ segments }) => segments.map(({ index }) => index));
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

describe('partial results', () => {
  it('go out one batch at a time: what is finished meanwhile waits for the next', async () => {
    const { taken, letThrough, analyses } = heldWrites(() => true);
    const partial = collectPartialResults(analyses, { id: 'ana_1', attempt: 3 }, 0);
    for (const index of [1, 0, 2]) partial.add(finished(index));
    expect(indexes(taken)).toEqual([[1]]);
    letThrough();
    await turn();
    partial.add(finished(3));
    expect(indexes(taken)).toEqual([[1], [0, 2, 3]]);
    expect(taken[1]).toMatchObject({ analysisId: 'ana_1', attempt: 3, model: { id: 'starter' } });
    expect([...decodeFrameTrack(Buffer.from(taken[1]!.trackBytes)).logits]).toEqual([0, -0, 2, -2, 3, -3]);
  });

  it('of a short analysis are not written at all', async () => {
    const { taken, analyses } = heldWrites(() => true);
    const partial = collectPartialResults(analyses, { id: 'ana_1', attempt: 1 }, 60_000);
    for (let index = 0; index < 50; index++) partial.add(finished(index));
    await partial.settle();
    expect(taken).toEqual([]);
  });

  it('that could not be written go along with the next', async () => {
    const answers: (boolean | Error)[] = [new Error('the database is away'), true];
    const { taken, letThrough, analyses } = heldWrites(() => answers.shift()!);
    const partial = collectPartialResults(analyses, { id: 'ana_1', attempt: 1 }, 0);
    partial.add(finished(0));
    letThrough();
    await turn();
    partial.add(finished(1));
    expect(indexes(taken)).toEqual([[0], [0, 1]]);
  });

  it('stop when the analysis no longer runs, and settle after the last write', async () => {
    const { taken, letThrough, analyses } = heldWrites(() => false);
    const partial = collectPartialResults(analyses, { id: 'ana_1', attempt: 1 }, 0);
    partial.add(finished(0));
    let settled = false;
    const settling = partial.settle().then(() => { settled = true; });
    await turn();
    expect(settled).toBe(false);
    letThrough();
    await settling;
    partial.add(finished(1));
    expect(indexes(taken)).toEqual([[0]]);
  });
});
