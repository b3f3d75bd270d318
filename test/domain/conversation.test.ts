import { describe, expect, it } from 'vitest';
import { conversationOf } from '../../src/domain/conversation.js';
import type { SpokenStretch } from '../../src/domain/speaker-turns.js';

const says = (speaker: string, startSeconds: number, endSeconds: number): SpokenStretch => ({ speaker, startSeconds, endSeconds });

describe('a conversation', () => {
  // Worked out by hand:           0    5    6    10   11   14   16  20
  // agent                         |====|              |=========|
  // customer                                |====|         |========|      10.5 … 13 overlaps none
  const talk = conversationOf([says('agent', 0, 5), says('customer', 6, 10), says('agent', 11, 16), says('customer', 14, 18)], 20);

  it('adds up to its length', () => {
    expect(talk.speechSeconds).toBe(5 + 4 + 7);
    expect(talk.silenceSeconds).toBe(1 + 1 + 2);
    expect(talk.silenceRatio).toBe(0.2);
    expect(talk.longestSilenceSeconds).toBe(2);
  });

  it('has an overlap that is nobody\'s alone', () => {
    expect(talk.overlaps).toEqual([{ startSeconds: 14, endSeconds: 16 }]);
    expect(talk.overlapSeconds).toBe(2);
    expect(talk.speakers.map(({ talkSeconds, soloSeconds, overlapSeconds }) => [talkSeconds, soloSeconds, overlapSeconds])).toEqual([[10, 8, 2], [8, 6, 2]]);
  });

  it('gives each speaker a share of all talk, turns and their lengths', () => {
    const [agent, customer] = talk.speakers;
    expect(agent).toMatchObject({ speaker: 'agent', turnCount: 2, meanTurnSeconds: 5, longestTurnSeconds: 5 });
    expect(agent!.talkShare).toBeCloseTo(10 / 18, 12);
    expect(customer!.talkShare).toBeCloseTo(8 / 18, 12);
  });

  it('counts who takes the floor from whom', () => {
    expect(talk.interruptionCount).toBe(1);
    expect(talk.speakers.map(({ interruptionCount, interruptedCount }) => [interruptionCount, interruptedCount])).toEqual([[0, 1], [1, 0]]);
    expect(talk.speakerChangeCount).toBe(3);
  });

  it('takes the pauses before answers, and no overlap for one', () => {
    expect(talk.speakers.map(({ responseSeconds }) => responseSeconds)).toEqual([1, 1]);
  });

  it.each([
    ['a back-channel that ends before the turn it falls into', [says('a', 0, 10), says('b', 4, 5)]],
    ['turns that meet with a short overlap', [says('a', 0, 5), says('b', 4.7, 9)]],
    ['two who start at once', [says('a', 0, 5), says('b', 0.2, 9)]],
  ])('does not count as interruption %s', (_what, stretches) => {
    expect(conversationOf(stretches, 10).interruptionCount).toBe(0);
  });

  it('takes the middle of two answers', () => {
    const answers = conversationOf([says('a', 0, 1), says('b', 1.2, 2), says('a', 4, 5), says('b', 6, 7)], 7);
    expect(answers.speakers.find(({ speaker }) => speaker === 'b')?.responseSeconds).toBeCloseTo(0.6, 12);
  });

  it('of nobody is silence', () => {
    expect(conversationOf([], 3)).toMatchObject({ speechSeconds: 0, silenceSeconds: 3, silenceRatio: 1, longestSilenceSeconds: 3, speakers: [], turns: [], interruptionCount: 0 });
    expect(conversationOf([], 0).silenceRatio).toBe(0);
  });
});
