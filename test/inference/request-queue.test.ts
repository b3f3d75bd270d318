import { describe, expect, it } from 'vitest';
import type { Priority } from '../../src/domain/priority.js';
import type { BatchLimits, QueuedRequest } from '../../src/inference/pool/request-queue.js';
import { pickBatch, RequestQueue } from '../../src/inference/pool/request-queue.js';
import { RunRate } from '../../src/inference/pool/run-rate.js';

const LIMITS = { maxItems: 8, maxSamples: 1000, bulkAgeingMs: 100, bulkTurn: 3, bulkShare: 0.75 };
const ONE: BatchLimits = { maxItems: 1, maxSamples: Infinity, maxPadding: 0 };
const MANY: BatchLimits = { maxItems: 4, maxSamples: 1000, maxPadding: 0.15 };

let nextSequence = 0;
function request(priority: Priority, sampleCount = 10, enqueuedAtMs = 0, alone = false): QueuedRequest {
  return { sequence: nextSequence++, priority, sampleCount, enqueuedAtMs, alone };
}

describe('the queue in front of a model', () => {
  it('lets interactive work overtake bulk work and keeps the order of arrival within each', () => {
    const queue = new RequestQueue<QueuedRequest>(LIMITS);
    const [b1, i1, b2, i2] = [request('bulk'), request('interactive'), request('bulk'), request('interactive')];
    for (const each of [b1, i1, b2, i2]) queue.push(each);
    expect([1, 2, 3, 4].map(() => queue.take(ONE, 0)?.[0])).toEqual([i1, i2, b1, b2]);
    expect(queue.take(ONE, 0)).toBeNull();
  });

  it('gives aged bulk work every third batch however much interactive work there is', () => {
    const queue = new RequestQueue<QueuedRequest>(LIMITS);
    for (let i = 0; i < 3; i++) queue.push(request('bulk'));
    const order = Array.from({ length: 9 }, () => {
      queue.push(request('interactive', 10, 1000));
      return queue.take(ONE, 1000)?.[0]?.priority;
    });
    expect(order).toEqual(['interactive', 'interactive', 'bulk', 'interactive', 'interactive', 'bulk', 'interactive', 'interactive', 'bulk']);
  });

  it('is full by count and by samples, earlier for bulk work, and takes one long clip when empty', () => {
    const queue = new RequestQueue<QueuedRequest>(LIMITS);
    expect(queue.hasRoom('bulk', 5000)).toBe(true);
    for (let i = 0; i < 6; i++) queue.push(request('bulk'));
    expect(queue.hasRoom('bulk', 10)).toBe(false);
    expect(queue.hasRoom('interactive', 10)).toBe(true);
    expect(queue.hasRoom('interactive', 950)).toBe(false);
    queue.push(request('interactive'));
    queue.push(request('interactive'));
    expect(queue.hasRoom('interactive', 10)).toBe(false);
  });

  it('puts a retried request back before those that came after it', () => {
    const queue = new RequestQueue<QueuedRequest>(LIMITS);
    const [first, second, third] = [request('bulk'), request('bulk'), request('bulk')];
    for (const each of [first, second, third]) queue.push(each);
    queue.take(ONE, 0);
    queue.take(ONE, 0);
    queue.putBack(second);
    queue.putBack(first);
    expect([1, 2, 3].map(() => queue.take(ONE, 0)?.[0])).toEqual([first, second, third]);
    expect(queue.sampleCount).toBe(0);
  });

  it('takes nothing that came after the given sequence', () => {
    const queue = new RequestQueue<QueuedRequest>(LIMITS);
    const before = request('bulk');
    const after = request('interactive');
    queue.push(before);
    queue.push(after);
    expect(queue.take(ONE, 0, before.sequence)).toEqual([before]);
    expect(queue.take(ONE, 0, before.sequence)).toBeNull();
    expect(queue.hasUpTo(before.sequence)).toBe(false);
    expect(queue.length).toBe(1);
  });
});

describe('the choice of a batch', () => {
  it('takes the head and its nearest in length while padding stays under the limit', () => {
    const line = [100, 400, 95, 20, 105].map((samples) => request('bulk', samples));
    expect(pickBatch(line, MANY).map((each) => each.sampleCount)).toEqual([100, 95, 105]);
  });

  it('stays within the samples of a padded batch and its count', () => {
    const line = Array.from({ length: 10 }, () => request('bulk', 300));
    expect(pickBatch(line, MANY)).toHaveLength(3);
    expect(pickBatch(line, { ...MANY, maxSamples: Infinity })).toHaveLength(4);
  });

  it('runs a clip beyond the limit of samples by itself instead of never', () => {
    expect(pickBatch([request('bulk', 5000), request('bulk', 5000)], MANY)).toHaveLength(1);
  });

  it('puts a request that was in a failed batch together with nobody', () => {
    const [suspect, other, third] = [request('bulk', 10, 0, true), request('bulk'), request('bulk')];
    expect(pickBatch([suspect, other, third], MANY)).toEqual([suspect]);
    expect(pickBatch([other, suspect, third], MANY)).toEqual([other, third]);
  });
});

describe('the time after which a refused caller is told to come back', () => {
  it('follows the recent rate, the waiting samples and the hosts', () => {
    const rate = new RunRate();
    expect(rate.estimateMs(1_000_000, 1)).toBe(1000);
    rate.add(200, 16_000);
    expect(rate.estimateMs(160_000, 1)).toBe(2000);
    expect(rate.estimateMs(160_000, 2)).toBe(1000);
    expect(rate.estimateMs(1, 1)).toBe(100);
    expect(rate.estimateMs(1e12, 1)).toBe(60_000);
  });
});
