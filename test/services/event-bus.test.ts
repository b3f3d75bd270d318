import { describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../src/domain/events.js';
import { createEventBus, eventsOf } from '../../src/services/event-bus.js';

function deleted(recordingId: string): DomainEvent {
  return { kind: 'recording.deleted', workspaceId: 'ws', recordingId };
}
const idOf = (event: DomainEvent) => (event.kind === 'recording.deleted' ? event.recordingId : null);

describe('event bus', () => {
  it('reaches every listener although one throws, and reports the throw', () => {
    const errors: unknown[] = [];
    const heard: string[] = [];
    const bus = createEventBus((error) => errors.push(error));
    bus.listen(() => { throw new Error('bad listener'); });
    bus.listen((event) => heard.push(event.kind));
    bus.publish(deleted('a'));
    expect(heard).toEqual(['recording.deleted']);
    expect(errors).toHaveLength(1);
  });

  it('yields events in order, those before the first read too, and ends with the signal', async () => {
    const bus = createEventBus(() => undefined);
    const stop = new AbortController();
    const events = eventsOf(bus, idOf, stop.signal);
    const first = events.next();
    bus.publish(deleted('a'));
    bus.publish(deleted('b'));
    expect((await first).value).toBe('a');
    expect((await events.next()).value).toBe('b');
    const last = events.next();
    stop.abort();
    expect((await last).done).toBe(true);
  });

  it('keeps the newest when nobody reads', async () => {
    const bus = createEventBus(() => undefined);
    const stop = new AbortController();
    const events = eventsOf(bus, idOf, stop.signal);
    const first = events.next();
    for (let i = 0; i < 1000; i++) bus.publish(deleted(String(i)));
    await first;
    let last: string | undefined;
    for (let i = 0; i < 255; i++) last = (await events.next()).value as string;
    expect(last).toBe('999');
    stop.abort();
    await events.return(undefined);
  });
});
