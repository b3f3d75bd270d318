import { describe, expect, it } from 'vitest';
import { prepareSubject, evaluateRule } from '../../src/plugins/business-rules/evaluate-rule.js';
import { fire, ruleOf, subjectOf, times, type Said } from '../support/rule-subject.js';

const CALM_TO_ANGRY: readonly Said[] = [[0, 5, 'neutral', 'customer'], [5, 10, 'happy', 'agent'], [40, 45, 'angry', 'customer'], [45, 50, 'angry', 'customer'], [50, 55, 'neutral', 'customer'], [200, 205, 'angry', 'customer']];
const ANGER = { score: { label: 'angry', atLeast: 0.6 } };

describe('conditions on segments', () => {
  it('fire once for neighbours in which they hold, and again after an end', () => {
    expect(times(fire({ label: { in: ['angry'] } }, CALM_TO_ANGRY))).toEqual([[40, 50], [200, 205]]);
  });

  it('on a score hold on by hysteresis until the release, for each voice by itself', () => {
    const at = (score: number, start: number, speaker: 'agent' | 'customer'): Said => [start, start + 2, 'angry', speaker, { scores: [score, 0, 0, 0, 0] }];
    const said = [at(0.7, 0, 'customer'), at(0.5, 2, 'customer'), at(0.5, 4, 'agent'), at(0.45, 6, 'customer'), at(0.3, 8, 'customer'), at(0.5, 10, 'customer')];
    expect(times(fire({ score: { label: 'angry', atLeast: 0.6, releaseBelow: 0.4 } }, said))).toEqual([[0, 8]]);
    expect(times(fire(ANGER, said))).toEqual([[0, 2]]);
  });

  it.each([
    ['confidence', { confidence: { atMost: 0.5 } }, { confidence: 0.4 }, 0.4],
    ['abstention', { abstained: {} }, { abstained: true }, true],
    ['length', { duration: { of: 'segment', atLeast: 4 } }, { endSeconds: 5 }, 5],
    ['agreement', { agreement: { atMost: 0.2 } }, { agreement: 0.1 }, 0.1],
    ['gate', { gate: { of: 'segment', in: ['music'] } }, { gate: 'music' as const }, 'music'],
  ])('see %s, and say what they saw', (_, when, changes, seen) => {
    expect(fire(when, [[0, 2, 'happy', null, { agreement: 0.9 }]]).firings).toEqual([]);
    const { firings } = fire(when, [[0, 2, 'happy', null, changes]]);
    expect(firings[0]!.trace).toMatchObject([{ path: `when.${Object.keys(when)[0]!}`, seen, result: true, atSeconds: 0 }]);
  });

  it('know the speaker by role, name and channel', () => {
    const said: readonly Said[] = [[0, 2, 'angry', 'agent'], [2, 4, 'angry', 'customer']];
    for (const speaker of [{ role: ['customer'] }, { key: ['channel-1'] }, { channel: [1] }]) expect(times(fire({ speaker }, said))).toEqual([[2, 4]]);
  });

  it('tell where in the recording a segment lies, from its beginning and from its end', () => {
    expect(times(fire({ position: { fromSeconds: 30, toSeconds: 60 } }, CALM_TO_ANGRY))).toEqual([[40, 55]]);
    expect(times(fire({ position: { toSeconds: 10, ofEnd: true } }, CALM_TO_ANGRY))).toEqual([[200, 205]]);
  });
});

describe('words', () => {
  const says = (text: string | null): readonly Said[] => [[0, 2, 'neutral', 'customer', { text }]];
  it.each([
    ['finds a whole word in any case', { anyOf: ['Refund'] }, 'I want a REFUND now', true],
    ['does not find part of a word', { anyOf: ['fund'] }, 'I want a refund', false],
    ['finds a phrase over punctuation-free words', { anyOf: ['call back'] }, 'please call back', true],
    ['needs all of them', { allOf: ['call', 'back'] }, 'please call', false],
    ['holds where none is said', { noneOf: ['sorry'] }, 'goodbye', true],
    ['leaves out what is negated', { anyOf: ['happy'], negation: 'none' }, "I'm not at all happy", false],
    ['takes what is not negated in another sentence', { anyOf: ['happy'], negation: 'none' }, 'Not now. Happy to help', true],
    ['takes only what is negated', { anyOf: ['cancel'], negation: 'only' }, "don't cancel it", true],
    ['finds Chinese without spaces', { anyOf: ['退款'] }, '我要退款', true],
    ['sees Chinese negation', { anyOf: ['开心'], negation: 'none' }, '我不是很开心', false],
  ])('%s', (_, words, text, holds) => {
    expect(fire({ words }, says(text)).firings).toHaveLength(holds ? 1 : 0);
  });

  it('are unknown without text, negated or not', () => {
    for (const when of [{ words: { noneOf: ['sorry'] } }, { not: { words: { anyOf: ['sorry'] } } }]) expect(fire(when, says(null)).firings).toEqual([]);
  });

  it('look at the whole transcript where they are told to', () => {
    const said: readonly Said[] = [[0, 2, 'angry', 'customer', { text: 'hello' }], [2, 4, 'angry', 'agent', { text: 'sorry about that' }]];
    expect(fire({ words: { of: 'transcript', noneOf: ['sorry'] } }, said).firings).toEqual([]);
    expect(fire({ words: { of: 'transcript', noneOf: ['thanks'] } }, said).firings).toHaveLength(1);
  });
});

describe('conditions over time', () => {
  it('see calm turn to anger within a minute, in one voice only', () => {
    const when = { trajectory: { from: ['neutral'], to: ['angry'], withinSeconds: 60 } };
    const { firings } = fire(when, CALM_TO_ANGRY);
    expect(firings.map(({ startSeconds }) => startSeconds)).toEqual([40]);
    expect(firings[0]!.trace[0]!.seen).toBe('neutral until 5.0 s, angry from 40.0 s');
    expect(fire(when, [[0, 5, 'neutral', 'agent'], [6, 9, 'angry', 'customer']]).firings).toEqual([]);
    expect(fire({ trajectory: { ...when.trajectory, sameSpeaker: false } }, [[0, 5, 'neutral', 'agent'], [6, 9, 'angry', 'customer']]).firings).toHaveLength(1);
  });

  it('see anger for 20 s after the agent spoke, whatever the agent says in between', () => {
    const when = { sequence: { steps: [{ when: { speaker: { role: ['agent'] } } }, { when: { all: [{ speaker: { role: ['customer'] } }, ANGER] }, forSeconds: 20 }], withinSeconds: 10 } };
    const anger = (start: number): Said => [start, start + 8, 'angry', 'customer'];
    const { firings } = fire(when, [anger(0), [9, 12, 'neutral', 'agent'], anger(13), [21, 22, 'neutral', 'agent'], anger(22), anger(30)]);
    expect(firings.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([[30, 38]]);
    expect(firings[0]!.trace[0]!.seen).toBe('9.0 s → 30.0 s');
    expect(fire(when, [[9, 12, 'neutral', 'agent'], anger(13), [21, 22, 'neutral', 'customer'], anger(22), anger(30)]).firings).toEqual([]);
    expect(fire(when, [[0, 2, 'neutral', 'agent'], anger(30), anger(38), anger(46)]).firings).toEqual([]);
  });

  it('hold for some seconds only when no calm segment of that voice and no long pause comes between', () => {
    const when = { sustained: { when: ANGER, forSeconds: 10, maxGapSeconds: 3 } };
    expect(times(fire(when, [[0, 6, 'angry'], [8, 14, 'angry']]))).toEqual([[8, 14]]);
    expect(fire(when, [[0, 6, 'angry'], [10, 16, 'angry']]).firings).toEqual([]);
    expect(fire(when, [[0, 6, 'angry'], [6, 7, 'happy'], [7, 13, 'angry']]).firings).toEqual([]);
  });

  it('count and weigh what holds', () => {
    const sad = { when: { label: { in: ['sad'] } } };
    const said: readonly Said[] = [[0, 6, 'sad'], [6, 10, 'happy']];
    expect(fire({ share: { ...sad, atLeast: 0.6 } }, said).firings[0]).toMatchObject({ startSeconds: 0, endSeconds: 60, trace: [{ seen: 0.6 }] });
    expect(fire({ share: { ...sad, atLeast: 0.61 } }, said).firings).toEqual([]);
    expect(fire({ count: { ...sad, atLeast: 2 } }, said).firings).toEqual([]);
  });
});

describe('conditions on the recording', () => {
  it.each([
    ['quality', { quality: { measure: 'snrDb', atMost: 10 } }, { quality: { snrDb: 5 } as never }],
    ['the gate', { gate: { in: ['music'] } }, { gate: { kind: 'music', speechSeconds: 0, leftOutSeconds: 9, reason: '' } as const }],
    ['warnings', { warning: { in: ['LOW_SNR'] } }, { warnings: ['LOW_SNR'] }],
    ['tags', { tags: { allOf: ['vip'], noneOf: ['test'] } }, { tags: ['vip', 'eu'] }],
    ['the language', { language: { in: ['en'] } }, { language: 'en-GB' }],
    ['the model', { model: { in: ['other'] } }, { modelId: 'other' }],
    ['the summary', { label: { of: 'summary', in: ['sad'] } }, { summary: { label: 'sad', confidence: 0.9, abstained: false, scores: { sad: 0.9 } } }],
    ['its length', { duration: { atLeast: 100 } }, { durationSeconds: 100 }],
  ])('see %s, once for the whole, also where nobody spoke', (_, when, changes) => {
    expect(fire(when, []).firings).toEqual([]);
    expect(fire(when, [], changes).firings).toHaveLength(1);
    expect(fire(when, [[0, 2, 'happy'], [2, 4, 'sad']], changes).firings).toHaveLength(1);
  });

  it('measure silence before a segment and between any two', () => {
    const said: readonly Said[] = [[5, 10, 'happy'], [30, 32, 'happy']];
    expect(times(fire({ silence: { atLeast: 15 } }, said))).toEqual([[30, 32]]);
    expect(fire({ silence: { of: 'longest', atLeast: 20 } }, said).firings).toHaveLength(1);
    expect(fire({ silence: { of: 'longest', atLeast: 21 } }, said).firings).toEqual([]);
  });

  it('count interruptions and by whom, and weigh who talks', () => {
    const said: readonly Said[] = [[0, 10, 'neutral', 'customer'], [5, 8, 'neutral', 'agent'], [10, 14, 'neutral', 'customer'], [13, 20, 'neutral', 'agent']];
    expect(fire({ interruptions: { by: { role: ['agent'] }, atLeast: 2 } }, said).firings[0]!.trace[0]!.seen).toBe(2);
    expect(fire({ interruptions: { by: { role: ['customer'] }, atLeast: 1 } }, said).firings).toEqual([]);
    expect(fire({ talkShare: { role: ['agent'], atLeast: 0.41, atMost: 0.42 } }, said).firings).toHaveLength(1);
    expect(fire({ interruptions: { atMost: 5 } }, [[0, 2, 'happy']]).firings, 'nobody told apart').toEqual([]);
  });

  it.each([
    ['2026-01-03T22:30:00Z', true, 'saturday night'],
    ['2026-01-04T04:00:00Z', true, 'the same night, by then sunday'],
    ['2026-01-05T04:00:00Z', false, 'the night that began on sunday'],
    ['2026-01-03T12:00:00Z', false, 'noon'],
  ])('take %s for the night of saturday: %s (%s)', (recordedAt, holds) => {
    const when = { timeOfDay: { from: '22:00', to: '06:00', timeZone: 'UTC', days: ['sat'] } };
    expect(fire(when, [], { recordedAt: new Date(recordedAt) }).firings).toHaveLength(holds ? 1 : 0);
    expect(fire({ not: when }, []).firings, 'unknown time').toEqual([]);
  });

  it('read the clock in the time zone that is named', () => {
    const when = (timeZone: string) => ({ timeOfDay: { from: '08:00', to: '09:00', timeZone } });
    const summer = { recordedAt: new Date('2026-07-01T06:30:00Z') };
    expect(fire(when('Europe/Berlin'), [], summer).firings).toHaveLength(1);
    expect(fire(when('UTC'), [], summer).firings).toEqual([]);
  });
});

describe('what is unknown', () => {
  it.each([
    ['all with one that is false', { not: { all: [{ agreement: { atLeast: 0.5 } }, { label: { in: ['sad'] } }] } }, true],
    ['all with the rest true', { all: [{ agreement: { atLeast: 0.5 } }, { label: { in: ['happy'] } }] }, false],
    ['not all with the rest true', { not: { all: [{ agreement: { atLeast: 0.5 } }, { label: { in: ['happy'] } }] } }, false],
    ['any with one that is true', { any: [{ agreement: { atLeast: 0.5 } }, { label: { in: ['happy'] } }] }, true],
    ['not any with the rest false', { not: { any: [{ agreement: { atLeast: 0.5 } }, { label: { in: ['sad'] } }] } }, false],
  ])('in %s decides nothing by itself', (_, when, fires) => {
    expect(fire(when, [[0, 2, 'happy']]).firings).toHaveLength(fires ? 1 : 0);
  });
});

describe('a rule', () => {
  it('explains every condition of a firing with its place, what was asked and what was seen', () => {
    const { firings } = fire({ all: [{ label: { in: ['angry'] } }, { not: { confidence: { atMost: 0.5 } } }] }, [[0, 2, 'happy'], [2, 4, 'angry']]);
    expect(firings[0]!.trace.map(({ path, seen, result }) => [path, seen, result])).toEqual([
      ['when.all', 2, true], ['when.all[0].label', 'angry', true], ['when.all[1].not', false, true], ['when.all[1].not.confidence', 0.8, false],
    ]);
    expect(firings[0]!.trace[1]!.asked).toBe('label in angry');
  });

  it('cools down: an occurrence too soon after the last one is left out and counted', () => {
    const said: readonly Said[] = [[0, 2, 'angry'], [2, 4, 'happy'], [30, 32, 'angry'], [32, 34, 'happy'], [70, 72, 'angry']];
    const evaluation = fire({ label: { in: ['angry'] } }, said, {}, { cooldownSeconds: 60 });
    expect(times(evaluation)).toEqual([[0, 2], [70, 72]]);
    expect(evaluation.suppressedCount).toBe(1);
  });

  it.each([['speaker', 2], ['analysis', 1], ['recording', 1], ['occurrence', 3]])('fires once per %s', (oncePer, count) => {
    const said: readonly Said[] = [[0, 2, 'angry', 'agent'], [2, 4, 'angry', 'customer'], [4, 6, 'happy', 'agent'], [6, 8, 'angry', 'agent']];
    expect(fire({ label: { in: ['angry'] } }, said, {}, { oncePer }).firings).toHaveLength(count);
  });

  it('gives the same keys for the same place, and those of the recording whatever the analysis', () => {
    const keys = (analysisId: string, oncePer: string) => fire({ label: { in: ['angry'] } }, CALM_TO_ANGRY, { analysisId }, { oncePer }).firings.map((firing) => firing.occurrenceKey);
    expect(keys('ana_1', 'occurrence')).toEqual(keys('ana_1', 'occurrence'));
    expect(keys('ana_1', 'occurrence')).not.toEqual(keys('ana_2', 'occurrence'));
    expect(keys('ana_1', 'recording')).toEqual(keys('ana_2', 'recording'));
  });

  it('says the same of segments in any order, as often as it is asked', () => {
    const rule = ruleOf({ trajectory: { from: ['neutral'], to: ['angry'], withinSeconds: 60 } });
    const subject = subjectOf(CALM_TO_ANGRY);
    const shuffled = { ...subject, moments: [...subject.moments].reverse() };
    const once = evaluateRule(rule, prepareSubject(subject));
    expect(evaluateRule(rule, prepareSubject(shuffled))).toEqual(once);
    expect(evaluateRule(rule, prepareSubject(subject))).toEqual(once);
    expect(once.firings).toHaveLength(1);
  });
});
