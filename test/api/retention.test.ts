import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScheduler } from '../../cron/scheduler.js';
import { coreTask } from '../../cron/core-task.js';
import { createTaskRunRepository } from '../../src/db/task-run.repository.js';
import { createTaskService } from '../../src/services/task.service.js';
import { noAudit } from '../support/no-audit.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { openEmbeddedTestDatabase, type TestDatabase } from '../support/test-database.js';
import { ADMIN, addRecording, everythingOf, openWorld, type RetentionWorld } from '../support/retention-world.js';

type Row = Record<string, unknown>;
const SET_POLICY = `mutation ($input: RetentionPolicyInput!) { setRetentionPolicy(input: $input) { __typename
  ... on RetentionPolicy { id name kind action keepDays priority isEnabled tags reviewStates appliesFrom }
  ... on RetentionConfirmation { confirmation preview { isDryRun dueRecordingCount policies { recordingCount byteLength oldestAt policy { name } } } }
  ... on Problem { code message } ... on ForbiddenProblem { neededRole } ... on BadInputProblem { field } } }`;
const RUN = 'mutation ($dryRun: Boolean) { runRetention(dryRun: $dryRun) { __typename ... on RetentionReport { isDryRun dueRecordingCount heldCount archivedRecordingCount deletedRecordingCount freedBytes archiveIds problems isComplete } ... on Problem { code } } }';
const RESTORE = 'mutation ($id: ID!, $recordingId: ID) { restoreArchive(id: $id, recordingId: $recordingId) { __typename ... on RestoredArchive { archive { id } restoredRecordingIds unchangedRecordingIds refused { recordingId code } } ... on Problem { code } } }';
const HOLD = 'mutation ($input: LegalHoldInput!) { placeLegalHold(input: $input) { __typename ... on LegalHold { id scope recordingId filter { tag createdAfter } reason releasedAt } ... on Problem { code } } }';
const RELEASE = 'mutation ($id: ID!, $reason: String!) { releaseLegalHold(id: $id, reason: $reason) { __typename ... on LegalHold { releasedAt releaseReason } ... on Problem { code } } }';
const ERASE = 'mutation ($externalId: String!, $reason: String!) { eraseSubject(externalId: $externalId, reason: $reason) { __typename ... on Erasure { id hash report { erasedRecordingIds keptByHold { recordingId holdIds } liveRecordingCount destroyedKeyCount archiveIds } } ... on Problem { code } } }';

/** The real use cases on a real database behind the real API; only what has nothing to do with it is a fake. */
describe('what is kept, over GraphQL', () => {
  let database: TestDatabase;
  let world: RetentionWorld;
  let app: TestApp;
  beforeAll(async () => {
    database = await openEmbeddedTestDatabase();
    world = await openWorld(database.db, database.dataDir);
    for (const id of ['ws_1', 'ws_2']) await database.db.client.workspace.create({ data: { id, name: id } });
    const runs = createTaskRunRepository(database.db, ADMIN.workspaceId);
    const trial = coreTask({ id: 'trial', description: 'Counts.', schedule: '0 3 * * *', timeoutMs: 1000, work: (_signal, isDryRun) => Promise.resolve({ wouldGoCount: isDryRun ? 3 : 0, wentBytes: isDryRun ? 0 : 5e9 }) });
    const scheduler = createScheduler([trial], { log: () => undefined, onRun: () => undefined, runs, node: 'here' });
    app = await startTestApp({ services: { ...world.retention.services, recordings: world.recordingService, tasks: createTaskService(scheduler, runs, noAudit) } });
  });
  afterAll(async () => {
    await app.close();
    await database.dispose();
  });

  async function send(query: string, variables: Row = {}, key = 'admin-key'): Promise<Row> {
    const { data, errors } = await app.graphql(query, variables, key);
    expect(errors).toBeUndefined();
    return Object.values(data!)[0] as Row;
  }
  const everything = (id: string) => everythingOf(world, ADMIN.workspaceId, id);
  async function setPolicy(input: Row): Promise<Row> {
    const asked = await send(SET_POLICY, { input });
    return send(SET_POLICY, { input: { ...input, confirmation: asked['confirmation'] } });
  }
  const endPolicies = async (): Promise<void> => {
    for (const { id } of (await send('{ retentionPolicies { id } }')) as unknown as { id: string }[]) await send('mutation ($id: ID!) { deleteRetentionPolicy(id: $id) { ... on DeletedRetentionPolicy { id } } }', { id });
  };

  it('a policy that deletes shows first what it would do, is stored with that confirmation, and is listed and ended', async () => {
    const id = await addRecording(world, ADMIN, { ageDays: 50 });
    const input = { name: 'a month', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 30, includeExisting: true, tags: [], reviewStates: ['NONE'] };
    const asked = await send(SET_POLICY, { input });
    expect(asked).toMatchObject({ __typename: 'RetentionConfirmation', preview: { isDryRun: true, dueRecordingCount: 1, policies: [{ recordingCount: 1, policy: { name: 'a month' } }] } });
    expect(await send('{ retentionPolicies { id } }')).toEqual([]);
    expect(await send(SET_POLICY, { input: { ...input, confirmation: 'wrong' } })).toMatchObject({ __typename: 'ConflictProblem', code: 'CONFIRMATION_NEEDED' });
    const stored = await send(SET_POLICY, { input: { ...input, confirmation: asked['confirmation'] } });
    expect(stored).toMatchObject({ __typename: 'RetentionPolicy', name: 'a month', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 30, isEnabled: true, reviewStates: ['NONE'], appliesFrom: null });
    expect(await send('{ retentionPreview { dueRecordingCount isDryRun } }', {}, 'viewer-key')).toEqual({ dueRecordingCount: 1, isDryRun: true });
    expect(await send('{ retentionPolicies { id } }', {}, 'other-key')).toEqual([]);
    expect(await send('mutation ($id: ID!) { deleteRetentionPolicy(id: $id) { __typename ... on Problem { code } } }', { id: stored['id'] }, 'other-key')).toMatchObject({ code: 'NOT_FOUND' });
    await endPolicies();
    expect(await send('{ retentionPreview { dueRecordingCount } }')).toEqual({ dueRecordingCount: 0 });
    expect(await everything(id)).not.toBeNull();
    await world.recordingService.delete(ADMIN, id, null);
  });

  it('a policy that keeps needs no confirmation, and a wrong one is a problem', async () => {
    expect(await send(SET_POLICY, { input: { name: 'keep', kind: 'RESULTS', action: 'KEEP', keepDays: 1 } })).toMatchObject({ __typename: 'RetentionPolicy', action: 'KEEP' });
    expect(await send(SET_POLICY, { input: { name: 'keep', kind: 'RESULTS', action: 'KEEP', keepDays: 1 } })).toMatchObject({ code: 'CONFLICT' });
    expect(await send(SET_POLICY, { input: { name: 'x', kind: 'RESULTS', action: 'KEEP', keepDays: -1 } })).toMatchObject({ __typename: 'BadInputProblem', field: 'keepDays' });
    expect(await send(SET_POLICY, { input: { id: 'rtn_none', name: 'x', kind: 'RESULTS', action: 'KEEP', keepDays: 1 } })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await send(SET_POLICY, { input: { name: 'y', kind: 'RESULTS', action: 'KEEP', keepDays: 1 } }, 'analyst-key')).toEqual({ __typename: 'ForbiddenProblem', code: 'FORBIDDEN', message: expect.any(String) as string, neededRole: 'admin' });
    expect((await app.graphql(SET_POLICY, { input: { name: 'z', kind: 'EXPORTS', action: 'KEEP', keepDays: 1 } }, 'admin-key')).errors![0]!.message).toContain('EXPORTS');
    await endPolicies();
  });

  it('a run archives and deletes, the archive is shown and verified, and a restore gives everything back', async () => {
    const ids = [await addRecording(world, ADMIN, { ageDays: 50 }), await addRecording(world, ADMIN, { ageDays: 45 })];
    const before = await Promise.all(ids.map(everything));
    await setPolicy({ name: 'a month', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 30, includeExisting: true });
    expect(await send(RUN)).toMatchObject({ isDryRun: true, dueRecordingCount: 2, deletedRecordingCount: 0, archiveIds: [] });
    expect(await everything(ids[0]!)).toBe(before[0]);
    expect(await send(RUN, { dryRun: false }, 'analyst-key')).toEqual({ __typename: 'ForbiddenProblem', code: 'FORBIDDEN' });
    const report = await send(RUN, { dryRun: false });
    expect(report).toMatchObject({ isDryRun: false, archivedRecordingCount: 2, deletedRecordingCount: 2, problems: [], isComplete: true });
    const [archiveId] = report['archiveIds'] as [string];
    expect(await Promise.all(ids.map(everything))).toEqual([null, null]);
    const shown = await send('query ($id: ID!) { archive(id: $id) { state format sha256 byteLength recordingCount schemaVersion signingKeyId problem items { recordingId kinds deletedKinds state byteLength } } }', { id: archiveId }, 'viewer-key');
    expect(shown).toMatchObject({ state: 'COMPLETE', recordingCount: 2, problem: null, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, items: ids.map(() => ({ kinds: ['RECORDING'], deletedKinds: ['RECORDING'], state: 'DONE' })) });
    expect((shown['items'] as { recordingId: string }[]).map(({ recordingId }) => recordingId).sort()).toEqual([...ids].sort());
    expect(await send('{ archives(first: 1) { totalCount nodes { id } pageInfo { hasNextPage } } }')).toEqual({ totalCount: 1, nodes: [{ id: archiveId }], pageInfo: { hasNextPage: false } });
    expect(await send('query ($id: ID!) { archive(id: $id) { id } }', { id: archiveId }, 'other-key').catch(() => null)).toBeNull();
    expect(await send('mutation ($id: ID!) { verifyArchive(id: $id) { ... on VerifiedArchiveType { archive { id } problems } } }', { id: archiveId })).toEqual({ archive: { id: archiveId }, problems: [] });

    expect(await send(RESTORE, { id: archiveId, recordingId: ids[1] })).toMatchObject({ restoredRecordingIds: [ids[1]], unchangedRecordingIds: [], refused: [] });
    expect(await everything(ids[0]!)).toBeNull();
    expect(await send(RESTORE, { id: archiveId })).toEqual({ __typename: 'RestoredArchive', archive: { id: archiveId }, restoredRecordingIds: [ids[0]], unchangedRecordingIds: [ids[1]], refused: [] });
    expect(await Promise.all(ids.map(everything))).toEqual(before);
    expect(await send(RESTORE, { id: archiveId, recordingId: 'rec_none' })).toEqual({ __typename: 'NotFoundProblem', code: 'NOT_FOUND' });
    expect(await send(RESTORE, { id: archiveId }, 'other-key')).toMatchObject({ code: 'NOT_FOUND' });
    expect(await send(RESTORE, { id: archiveId }, 'analyst-key')).toMatchObject({ code: 'FORBIDDEN' });
    await endPolicies();
  });

  it('a hold keeps from every deletion until it is released with a reason, and both are in the audit log', async () => {
    const id = await addRecording(world, ADMIN, { ageDays: 50, tags: ['case-7'] });
    expect(await send(HOLD, { input: { scope: 'RECORDING', recordingId: id, reason: 'x' } })).toMatchObject({ code: 'BAD_INPUT' });
    expect(await send(HOLD, { input: { scope: 'RECORDING', recordingId: id, reason: 'a court asks' } }, 'analyst-key')).toMatchObject({ code: 'FORBIDDEN' });
    const hold = await send(HOLD, { input: { scope: 'QUERY', filter: { tag: 'case-7', createdAfter: '2020-01-01T00:00:00Z' }, reason: 'a court asks' } });
    expect(hold).toMatchObject({ __typename: 'LegalHold', scope: 'QUERY', filter: { tag: 'case-7', createdAfter: '2020-01-01T00:00:00.000Z' }, releasedAt: null });
    await setPolicy({ name: 'all', kind: 'RECORDING', action: 'DELETE', keepDays: 0, includeExisting: true, tags: ['case-7'] });
    expect(await send(RUN, { dryRun: false })).toMatchObject({ heldCount: 1, deletedRecordingCount: 0 });
    expect(await send('mutation ($id: ID!) { deleteRecording(id: $id) { __typename ... on Problem { code } } }', { id })).toMatchObject({ code: 'LEGAL_HOLD' });
    expect(await send('{ legalHolds { nodes { id } } }')).toEqual({ nodes: [{ id: hold['id'] }] });
    expect(await send(RELEASE, { id: hold['id'], reason: 'the case is over' })).toMatchObject({ releasedAt: expect.any(String) as string, releaseReason: 'the case is over' });
    expect(await send(RELEASE, { id: hold['id'], reason: 'the case is over' })).toEqual({ __typename: 'ConflictProblem', code: 'CONFLICT' });
    expect(await send('{ legalHolds { totalCount } }')).toEqual({ totalCount: 0 });
    expect(await send('{ legalHolds(activeOnly: false) { totalCount } }')).toEqual({ totalCount: 1 });
    expect(await send(RUN, { dryRun: false })).toMatchObject({ heldCount: 0, deletedRecordingCount: 1 });
    const log = await send('{ auditLog(first: 100) { nodes { action subjectId reason } } }');
    expect(log['nodes']).toEqual(expect.arrayContaining([{ action: 'hold.placed', subjectId: hold['id'], reason: 'a court asks' }, { action: 'hold.released', subjectId: hold['id'], reason: 'the case is over' }]));
    expect(await send('{ auditCheck { brokenAt } }')).toEqual({ brokenAt: null });
    expect((await app.graphql('{ auditLog { totalCount } }', {}, 'analyst-key')).errors![0]!.extensions.code).toBe('FORBIDDEN');
    await endPolicies();
  });

  it('an erasure takes a subject from the live data and from archives, lists what a hold kept, and no restore undoes it', async () => {
    const archived = await addRecording(world, ADMIN, { ageDays: 50, externalId: 'p-9', tags: ['old'] });
    await setPolicy({ name: 'old', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 30, includeExisting: true, tags: ['old'] });
    const [archiveId] = (await send(RUN, { dryRun: false }))['archiveIds'] as [string];
    const [live, held] = [await addRecording(world, ADMIN, { externalId: 'p-9' }), await addRecording(world, ADMIN, { externalId: 'p-9' })];
    const { id: holdId } = await send(HOLD, { input: { scope: 'RECORDING', recordingId: held, reason: 'a court asks' } });
    expect(await send(ERASE, { externalId: 'p-9', reason: 'asked for' }, 'analyst-key')).toMatchObject({ code: 'FORBIDDEN' });
    expect(await send(ERASE, { externalId: ' ', reason: 'asked for' })).toMatchObject({ code: 'BAD_INPUT' });
    const erasure = await send(ERASE, { externalId: 'p-9', reason: 'asked for' });
    expect(erasure).toMatchObject({ __typename: 'Erasure', hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string, report: { keptByHold: [{ recordingId: held, holdIds: [holdId] }], liveRecordingCount: 1, archiveIds: [archiveId] } });
    expect([...(erasure['report'] as { erasedRecordingIds: string[] }).erasedRecordingIds].sort()).toEqual([archived, live].sort());
    expect([await everything(live), (await everything(held)) === null]).toEqual([null, false]);
    expect(await send(RESTORE, { id: archiveId })).toMatchObject({ restoredRecordingIds: [], refused: [{ recordingId: archived, code: 'ERASED' }] });
    const { data } = await app.graphql('{ erasures { nodes { id subjectHash hash } } }', {}, 'admin-key');
    expect(JSON.stringify(data)).not.toContain('p-9');
    expect((data!['erasures'] as { nodes: Row[] }).nodes).toEqual([expect.objectContaining({ id: erasure['id'], hash: erasure['hash'] })]);
    await endPolicies();
  });

  it('a scheduled task is run by hand and dry, and its run shows how it went and what it said', async () => {
    const RUN_TASK = 'mutation ($id: ID!, $dryRun: Boolean) { runTask(id: $id, dryRun: $dryRun) { __typename ... on ScheduledTask { id hasDryRun nextRunAt lastRun { state cause isDryRun durationMs failure figures { name value } } } ... on Problem { code } } }';
    expect(await send(RUN_TASK, { id: 'trial', dryRun: true })).toMatchObject({ id: 'trial', hasDryRun: true, lastRun: { state: 'SUCCEEDED', cause: 'HAND', isDryRun: true, failure: null, figures: [{ name: 'wentBytes', value: 0 }, { name: 'wouldGoCount', value: 3 }] } });
    expect(await send(RUN_TASK, { id: 'trial' })).toMatchObject({ lastRun: { isDryRun: false, figures: [{ name: 'wentBytes', value: 5e9 }, { name: 'wouldGoCount', value: 0 }] } });
    expect(await send(RUN_TASK, { id: 'none' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await send(RUN_TASK, { id: 'trial' }, 'analyst-key')).toMatchObject({ code: 'FORBIDDEN' });
    expect(await send('{ scheduledTasks { id description schedule timeZone timeoutMs } }')).toEqual([{ id: 'trial', description: 'Counts.', schedule: '0 3 * * *', timeZone: 'UTC', timeoutMs: 1000 }]);
  });
});
