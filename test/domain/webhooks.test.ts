import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isPublicAddress, networkTest } from '../../src/domain/network-address.js';
import { idsOfAll, occurrenceOf, variablesOf } from '../../src/domain/webhook.js';
import { parseRetryAfter, RETRY_DELAYS_SECONDS, waitAfter } from '../../src/domain/webhook-schedule.js';
import { REPLAY_WINDOW_SECONDS, signDelivery, verifyDelivery, type VerifyingKey } from '../../src/domain/webhook-signature.js';

describe('addresses', () => {
  it.each([
    '127.0.0.1', '127.255.255.254', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '100.100.100.200', '100.127.255.255', '192.0.0.192', '168.63.129.16',
    '198.18.0.1', '203.0.113.9', '224.0.0.1', '255.255.255.255', '::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::a00:1', 'fe80::1', 'fe80::1%eth0',
    'fc00::1', 'fd00:ec2::254', 'fec0::1', 'ff02::1', '100::1', '2001::1', '2001:db8::1', '2002:7f00:1::1', '3fff::1', '4000::1', 'localhost', '', '1.2.3', '0x7f000001',
  ])('that are not on the public internet are told apart: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1', '192.0.1.1', '223.255.255.255', '2606:4700:4700::1111', '2a00:1450:4001::1', '2001:4860:4860::8888'])('that are public are: %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it('are allowed by address, network and name, each for its own family', () => {
    const isAllowed = networkTest(['loopback', '10.20.0.0/16', '192.168.7.7', 'fd12::/16']);
    expect(['127.0.0.1', '::1', '10.20.255.1', '192.168.7.7', 'fd12::5'].map(isAllowed)).toEqual([true, true, true, true, true]);
    expect(['10.21.0.1', '192.168.7.8', 'fd13::5', '169.254.169.254', '::ffff:127.0.0.1', '::ffff:10.20.0.1', 'name'].map(isAllowed)).toEqual([false, false, false, false, false, false, false]);
    expect(networkTest([])('127.0.0.1')).toBe(false);
  });
});

describe('the schedule of tries', () => {
  it('has twelve tries over about a day, each wait at most a fifth longer or shorter', () => {
    const total = (random: () => number): number => RETRY_DELAYS_SECONDS.reduce((sum, _delay, index) => sum + waitAfter(index + 1, null, random)!, 0);
    expect(RETRY_DELAYS_SECONDS).toHaveLength(11);
    expect(total(() => 0.5) / 3600).toBeCloseTo(23.9, 1);
    expect([waitAfter(1, null, () => 0), waitAfter(1, null, () => 1)].map((seconds) => Math.round(seconds!))).toEqual([8, 12]);
    expect(waitAfter(12, null)).toBeNull();
    expect(waitAfter(12, 60)).toBeNull();
  });

  it('is put off by Retry-After, and by no more than a day', () => {
    expect(waitAfter(1, 600, () => 0.5)).toBe(600);
    expect(waitAfter(5, 3, () => 0.5)).toBe(900);
    expect(waitAfter(1, 10 ** 9, () => 0.5)).toBe(24 * 3600);
  });

  it('reads Retry-After as seconds and as a date', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(['120', ' 7 ', 'Thu, 01 Jan 2026 00:01:30 GMT'].map((text) => parseRetryAfter(text, now))).toEqual([120, 7, 90]);
    expect([undefined, '', '-5', '1.5', 'soon', 'Wed, 31 Dec 2025 00:00:00 GMT', '99999999999'].map((text) => parseRetryAfter(text, now))).toEqual([null, null, null, null, null, null, null]);
  });
});

describe('signatures', () => {
  const body = Buffer.from('{"test": 2432232314}');
  const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
  const atMs = 1_614_265_330_000;
  const pair = generateKeyPairSync('ed25519');

  it('agree with the published example of Standard Webhooks', () => {
    expect(signDelivery('msg_p5jXN8AQM9LWM0D4loKWxJek', atMs, body, [{ kind: 'HMAC_SHA256', secret }])).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': '1614265330', 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('are known by either of two keys, and refused with another body, id, time or key', () => {
    const keys: VerifyingKey[] = [{ kind: 'ED25519', publicKey: pair.publicKey }];
    const headers = { ...signDelivery('whd_1', atMs, body, [{ kind: 'HMAC_SHA256', secret }, { kind: 'ED25519', privateKey: pair.privateKey }]) };
    const other = createPublicKey(generateKeyPairSync('ed25519').privateKey);
    expect(verifyDelivery(headers, body, keys, atMs)).toBe(true);
    expect(verifyDelivery(headers, body, [{ kind: 'HMAC_SHA256', secret }], atMs)).toBe(true);
    expect(verifyDelivery(headers, Buffer.from('{"test": 2432232315}'), keys, atMs)).toBe(false);
    expect(verifyDelivery({ ...headers, 'webhook-id': 'whd_2' }, body, keys, atMs)).toBe(false);
    expect(verifyDelivery({ ...headers, 'webhook-timestamp': '1614265331' }, body, keys, atMs)).toBe(false);
    expect(verifyDelivery({ ...headers, 'webhook-signature': 'v1a,AAAA v1,AAAA x' }, body, [...keys, { kind: 'HMAC_SHA256', secret }], atMs)).toBe(false);
    expect(verifyDelivery(headers, body, [{ kind: 'ED25519', publicKey: other }, { kind: 'HMAC_SHA256', secret: Buffer.alloc(32) }], atMs)).toBe(false);
    expect(verifyDelivery({}, body, keys, atMs)).toBe(false);
  });

  it('are worth nothing outside of the replay window', () => {
    const headers = { ...signDelivery('whd_1', atMs, body, [{ kind: 'HMAC_SHA256', secret }]) };
    const at = (seconds: number): boolean => verifyDelivery(headers, body, [{ kind: 'HMAC_SHA256', secret }], atMs + seconds * 1000);
    expect([at(REPLAY_WINDOW_SECONDS), at(-REPLAY_WINDOW_SECONDS), at(REPLAY_WINDOW_SECONDS + 1), at(-REPLAY_WINDOW_SECONDS - 1)]).toEqual([true, true, false, false]);
  });
});

describe('variables of stored queries', () => {
  it('have the id of what the event is about and every other id that the fact has', () => {
    expect(variablesOf({ kind: 'analysis.failed', workspaceId: 'ws', analysisId: 'ana', recordingId: 'rec' })).toEqual({ id: 'ana', event: 'analysis.failed', analysisId: 'ana', recordingId: 'rec' });
    expect(variablesOf({ kind: 'recording.deleted', workspaceId: 'ws', recordingId: 'rec' })).toEqual({ id: 'rec', event: 'recording.deleted', recordingId: 'rec' });
    expect(variablesOf({ kind: 'alert.raised', workspaceId: 'ws', alertId: 'alr', ruleId: 'rul', analysisId: 'ana', recordingId: 'rec' })).toMatchObject({ id: 'alr', ruleId: 'rul', analysisId: 'ana' });
    expect(variablesOf({ kind: 'review.resolved', workspaceId: 'ws', reviewId: 'rev', analysisId: 'ana' })).toMatchObject({ id: 'rev', analysisId: 'ana' });
  });

  it('have figures where a fact says more than ids, and such a fact is one delivery a day', () => {
    const near = variablesOf({ kind: 'quota.near', workspaceId: 'ws', storedBytes: 9, maxBytes: 10 });
    expect(near).toEqual({ id: 'ws', event: 'quota.near', figures: { storedBytes: 9, maxBytes: 10 } });
    expect(variablesOf({ kind: 'key.ending', workspaceId: 'ws', keyId: 'key', endsAt: '2026-01-01T00:00:00Z' })).toMatchObject({ id: 'key', keyId: 'key' });
    expect(variablesOf({ kind: 'disk.low', workspaceId: 'ws', freeBytes: 1, lowBytes: 2 }).figures).toEqual({ freeBytes: 1, lowBytes: 2 });
    expect(occurrenceOf(near, new Date('2026-01-01T23:00:00Z'))).toBe('quota.near ws 2026-01-01');
    expect(occurrenceOf(variablesOf({ kind: 'recording.deleted', workspaceId: 'ws', recordingId: 'rec' }), new Date())).toBe('recording.deleted rec');
  });

  it('are certain only where every event has them', () => {
    expect(idsOfAll(['analysis.completed', 'alert.raised'])).toEqual(['analysisId', 'recordingId']);
    expect(idsOfAll(['recording.deleted', 'review.resolved'])).toEqual([]);
  });
});
