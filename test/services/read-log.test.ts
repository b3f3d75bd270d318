import { expect, it } from 'vitest';
import type { NewAuditEvent } from '../../src/db/retention-repositories.js';
import type { Principal } from '../../src/domain/principal.js';
import { workIds } from '../../src/domain/work-context.js';
import { createReadLog, type ReadLog } from '../../src/services/read-log.js';
import { until } from '../support/until.js';

const ann: Principal = { keyId: 'key_a', keyName: 'ann', workspaceId: 'ws_1', role: 'viewer' };
const bob: Principal = { ...ann, keyId: 'key_b', keyName: 'bob', workspaceId: 'ws_2' };

function aLog(): { readonly log: ReadLog; readonly calls: { readonly workspaceId: string; readonly events: readonly NewAuditEvent[] }[]; readonly clock: { ms: number }; readonly fault: { error: Error | null; seen: unknown[] } } {
  const calls: { workspaceId: string; events: readonly NewAuditEvent[] }[] = [];
  const clock = { ms: 60_000_000 };
  const fault: { error: Error | null; seen: unknown[] } = { error: null, seen: [] };
  const log = createReadLog({
    repository: { append: (_tx, workspaceId, events) => (fault.error === null ? Promise.resolve(void calls.push({ workspaceId, events })) : Promise.reject(fault.error)) },
    recordingsOf: (workspaceId, ids) => Promise.resolve(ids.map((id) => `recording of ${id} in ${workspaceId}`)),
    onFailure: (error) => fault.seen.push(error), now: () => clock.ms,
  });
  return { log, calls, clock, fault };
}

it('reads of one request are one event with all recordings, and each workspace is appended to once', async () => {
  const { log, calls } = aLog();
  workIds.run({ requestId: 'req_1', address: '192.0.2.1' }, () => {
    log.note(ann, 'recording', { recordingIds: ['rec_1', 'rec_2'] });
    log.note(ann, 'recording', { recordingIds: ['rec_3'] });
    log.note(ann, 'audio', { recordingIds: ['rec_1'] });
  });
  log.note(bob, 'analysis', { analysisIds: ['ana_1'], recordingIds: ['rec_9'] });
  await log.flush();
  expect(calls.map(({ workspaceId, events }) => [workspaceId, events.map(({ action, actorKeyId, subjectKind, subjectId, subjectIds, requestId, address }) => [action, actorKeyId, subjectKind, subjectId, subjectIds, requestId, address])])).toEqual([
    ['ws_1', [['recording.read', 'key_a', 'recording', 'rec_1', ['rec_1', 'rec_2', 'rec_3'], 'req_1', '192.0.2.1'], ['audio.read', 'key_a', 'recording', 'rec_1', [], 'req_1', '192.0.2.1']]],
    ['ws_2', [['analysis.read', 'key_b', 'recording', 'rec_9', ['rec_9', 'recording of ana_1 in ws_2'], null, null]]],
  ]);
});

it('the same read counts once a minute, from each address', async () => {
  const { log, calls, clock } = aLog();
  const read = (address: string): void => workIds.run({ requestId: `req ${clock.ms}`, address }, () => log.note(ann, 'audio', { recordingIds: ['rec_1'] }));
  read('192.0.2.1');
  await log.flush();
  clock.ms += 59_000;
  read('192.0.2.1');
  await log.flush();
  read('192.0.2.2');
  await log.flush();
  clock.ms += 1000;
  read('192.0.2.1');
  await log.flush();
  expect(calls.flatMap(({ events }) => events.map(({ address, at }) => [address, at.getTime()]))).toEqual([['192.0.2.1', 60_000_000], ['192.0.2.2', 60_059_000], ['192.0.2.1', 60_060_000]]);
});

it('what could not be written is written a second later, of many recordings in parts', async () => {
  const { log, calls, fault } = aLog();
  fault.error = new Error('away');
  log.note(ann, 'recording', { recordingIds: Array.from({ length: 501 }, (_, index) => `rec_${index}`) });
  await log.flush();
  expect([fault.seen, calls]).toEqual([[fault.error], []]);
  fault.error = null;
  await until('the reads are written', () => calls.length > 0);
  expect(calls[0]!.events.map(({ subjectId, subjectIds }) => [subjectId, subjectIds.length])).toEqual([['rec_0', 500], ['rec_500', 0]]);
});
