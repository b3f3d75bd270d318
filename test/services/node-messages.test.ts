import { describe, expect, it } from 'vitest';
import type { DomainEvent, EventsMissed } from '../../src/domain/events.js';
import { createEventBus } from '../../src/services/event-bus.js';
import { bridgeEvents, createNodeMessages, type NodeMessage, type NodeMessages, type WireListener } from '../../src/services/node-messages.js';
import { until } from '../support/until.js';

/** A line to which every end listens, the sender too, as with LISTEN and NOTIFY. */
class Line {
  readonly payloads: string[] = [];
  readonly #ends: WireListener[] = [];
  isCut = false;

  open(listener: WireListener): { send: (payload: string) => boolean; stop: () => Promise<void> } {
    this.#ends.push(listener);
    return {
      send: (payload) => {
        if (this.isCut) return false;
        this.payloads.push(payload);
        for (const end of this.#ends) end.onMessage(payload);
        return true;
      },
      stop: () => Promise.resolve(),
    };
  }

  mend(): void {
    this.isCut = false;
    for (const end of this.#ends) end.onReconnected();
  }
}

function node(line: Line, id: string, maxPayloadBytes = 7900): { messages: NodeMessages; heard: { message: NodeMessage; from: string }[]; dropped: string[] } {
  const dropped: string[] = [];
  const messages = createNodeMessages(id, maxPayloadBytes, (listener) => line.open(listener), (kind) => dropped.push(kind));
  const heard: { message: NodeMessage; from: string }[] = [];
  messages.onMessage((message, from) => heard.push({ message, from }));
  return { messages, heard, dropped };
}
const progress = (analysisId: string, value: number, status: 'RUNNING' | 'SUCCEEDED' = 'RUNNING'): DomainEvent => ({ kind: 'analysis.progress', workspaceId: 'ws', analysisId, status, progress: value });

describe('messages between nodes', () => {
  it('lets a bar wait for what somebody waits for, and goes out without it in the end', async () => {
    const line = new Line();
    const [a, b] = [node(line, 'a'), node(line, 'b')];
    a.messages.send({ kind: 'event', event: progress('one', 0.1) });
    const beganMs = performance.now();
    a.messages.send({ kind: 'wake', job: 'analyze-recording' });
    await until('b hears both', () => b.heard.length === 2);
    expect(line.payloads).toHaveLength(1);
    expect(performance.now() - beganMs).toBeGreaterThan(30);
    a.messages.send({ kind: 'event', event: progress('one', 0.2) });
    await until('b hears the last', () => b.heard.length === 3);
    expect(performance.now() - beganMs).toBeGreaterThan(240);
  });

  it('reach the other nodes and not the one that sent them', async () => {
    const line = new Line();
    const [a, b] = [node(line, 'a'), node(line, 'b')];
    a.messages.send({ kind: 'wake', job: 'analyze-recording' });
    await until('b hears it', () => b.heard.length === 1);
    expect(b.heard).toEqual([{ message: { kind: 'wake', job: 'analyze-recording' }, from: 'a' }]);
    expect(a.heard).toEqual([]);
  });

  it('gathers bursts: of the progress of one analysis the newest goes out, ends are never left out', async () => {
    const line = new Line();
    const [a, b] = [node(line, 'a'), node(line, 'b')];
    for (const value of [0.1, 0.2, 0.3]) a.messages.send({ kind: 'event', event: progress('one', value) });
    a.messages.send({ kind: 'event', event: progress('two', 0.5) });
    a.messages.send({ kind: 'event', event: progress('one', 1, 'SUCCEEDED') });
    await until('b hears them', () => b.heard.length > 0);
    expect(line.payloads).toHaveLength(1);
    expect(b.heard.map(({ message }) => (message.kind === 'event' && message.event.kind === 'analysis.progress' ? [message.event.analysisId, message.event.progress, message.event.status] : null)))
      .toEqual([['one', 0.3, 'RUNNING'], ['two', 0.5, 'RUNNING'], ['one', 1, 'SUCCEEDED']]);
  });

  it('never sends more at once than the line takes, and leaves out what alone is larger', async () => {
    const line = new Line();
    const [a, b] = [node(line, 'a', 500), node(line, 'b')];
    for (let i = 0; i < 30; i++) a.messages.send({ kind: 'event', event: progress(`analysis_${i}`, 0.5) });
    a.messages.send({ kind: 'event', event: progress('x'.repeat(600), 0.5) });
    await until('b hears all but one', () => b.heard.length === 30);
    expect(line.payloads.length).toBeGreaterThan(5);
    expect(Math.max(...line.payloads.map((payload) => Buffer.byteLength(payload)))).toBeLessThanOrEqual(500);
    expect(a.dropped).toEqual(['event']);
  });

  it('passes over what it does not understand', () => {
    const line = new Line();
    const b = node(line, 'b');
    const speak = line.open({ onMessage: () => undefined, onReconnected: () => undefined });
    for (const payload of ['', 'null', '7', '{"n":1}', '{"n":"z"}', 'not json']) speak.send(payload);
    expect(b.heard).toEqual([]);
  });
});

describe('the bridge between event buses', () => {
  function bridged(line: Line, id: string) {
    const { messages } = node(line, id);
    const bus = createEventBus(() => undefined);
    bridgeEvents(bus, messages);
    const acted: string[] = [];
    const shown: { event: DomainEvent | EventsMissed; from: string | null }[] = [];
    bus.listen((event) => acted.push(event.kind));
    bus.watch((event, from) => shown.push({ event, from }));
    return { bus, acted, shown };
  }

  it('shows a fact on every node and lets one node alone act on it', async () => {
    const line = new Line();
    const [a, b] = [bridged(line, 'a'), bridged(line, 'b')];
    const fact: DomainEvent = { kind: 'analysis.completed', workspaceId: 'ws', analysisId: 'ana', recordingId: 'rec' };
    a.bus.publish(fact);
    await until('b shows it', () => b.shown.length === 1);
    expect(b.shown).toEqual([{ event: fact, from: 'a' }]);
    expect([a.acted, b.acted]).toEqual([['analysis.completed'], []]);
    // It does not come back: one payload went over the line.
    expect([a.shown.length, line.payloads.length]).toEqual([1, 1]);
  });

  it('tells watchers on both sides of a gap that something may have been missed', async () => {
    const line = new Line();
    const [a, b] = [bridged(line, 'a'), bridged(line, 'b')];
    line.isCut = true;
    a.bus.publish(progress('lost', 0.5));
    line.mend();
    await until('both know', () => [a, b].every(({ shown }) => shown.some(({ event }) => event.kind === 'events.missed')));
    expect(b.shown.some(({ event }) => event.kind === 'analysis.progress')).toBe(false);
  });
});
