import { describe, expect, it } from 'vitest';
import { readRttm, RttmError, writeRttm } from '../../src/domain/rttm.js';
import { parseRoleRule, rolesBy } from '../../src/domain/speaker-roles.js';

describe('RTTM', () => {
  it('is read by recording, whatever else stands in it', () => {
    const files = readRttm('\uFEFF;; a comment\nSPKR-INFO a 1 <NA> <NA> <NA> unknown Ann <NA> <NA>\nSPEAKER a 1 0.5 1.25 <NA> <NA> Ann <NA> <NA>\r\n\nSPEAKER  b\t1 3 0 <NA> <NA> MÉO069\nSPEAKER a 1 2 1 <NA> <NA> Bob <NA>\n');
    expect([...files.keys()]).toEqual(['a', 'b']);
    expect(files.get('a')).toEqual([{ speaker: 'Ann', startSeconds: 0.5, endSeconds: 1.75 }, { speaker: 'Bob', startSeconds: 2, endSeconds: 3 }]);
    expect(files.get('b')![0]!.speaker).toBe('MÉO069');
  });

  it('comes back as it was written, to the millisecond', () => {
    const stretches = [{ speaker: 'speaker-1', startSeconds: 0.1234, endSeconds: 2 }, { speaker: 'the agent', startSeconds: 1.5, endSeconds: 3.25 }];
    const [[file, read]] = [...readRttm(writeRttm('call one', stretches))] as [[string, readonly object[]]];
    expect(file).toBe('call_one');
    expect(read).toEqual([{ speaker: 'speaker-1', startSeconds: 0.123, endSeconds: 2 }, { speaker: 'the_agent', startSeconds: 1.5, endSeconds: 3.25 }]);
  });

  it.each([
    ['SPEAKER a 1 x 1 <NA> <NA> Ann', 'line 1: start and duration'],
    ['SPEAKER a 1 1 -2 <NA> <NA> Ann', 'line 1: start and duration'],
    ['\nSPEAKER a 1 1 2', 'line 2: SPEAKER needs'],
    ['start,end,speaker\n0,1,a', 'no SPEAKER lines'],
  ])('refuses %j and says where', (text, reason) => {
    expect(() => readRttm(text)).toThrow(RttmError);
    expect(() => readRttm(text)).toThrow(reason);
  });
});

describe('roles', () => {
  const speakers = [{ key: 'channel-0', channel: 0, firstSeconds: 4, talkSeconds: 10 }, { key: 'channel-1', channel: 1, firstSeconds: 1, talkSeconds: 30 }, { key: 'third', channel: null, firstSeconds: 9, talkSeconds: 20 }];

  it.each([
    ['left=agent,right=customer', { 'channel-0': 'agent', 'channel-1': 'customer' }],
    ['channel: agent, customer', { 'channel-0': 'agent', 'channel-1': 'customer' }],
    ['first-speaker:agent,customer', { 'channel-1': 'agent', 'channel-0': 'customer' }],
    ['talk-time:agent,guest', { 'channel-1': 'agent', third: 'guest' }],
    ['talk-time:坐席', { 'channel-1': '坐席' }],
  ])('by %s', (text, expected) => {
    expect(Object.fromEntries(rolesBy(parseRoleRule(text), speakers))).toEqual(expected);
  });

  it('are none without a rule', () => {
    expect(rolesBy(null, speakers).size).toBe(0);
  });

  it.each(['', 'agent,customer', 'channel:', 'channel:a,a', 'first-speaker:a\nb', 'left=agent', `channel:${'x'.repeat(41)}`, `talk-time:${'abcdefghi'.split('').join(',')}`])('refuse %j and say how to write them', (text) => {
    expect(() => parseRoleRule(text)).toThrow(/Write left=agent,right=customer/);
  });
});
