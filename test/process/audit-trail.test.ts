import { join } from 'node:path';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { getNamedType, isUnionType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEvaluationRepository } from '../../src/db/evaluation.repository.js';
import type { AuditEventRecord } from '../../src/domain/audit.js';
import type { Principal } from '../../src/domain/principal.js';
import type { AnalysisRecord, SegmentRecord } from '../../src/domain/records.js';
import { COMMAND_TRAIL, MUTATION_TRAIL, QUERY_TRAIL, ROUTE_TRAIL, SUBSCRIPTION_TRAIL, type Trail } from '../support/audit-trail.js';
import { auditedRoutes, leafCommands } from '../support/audited-surface.js';
import { SchemaWalk } from '../support/schema-walk.js';
import { speechLikeWav } from '../support/speech-like.js';
import { openTwoWorkspaces, RULE, type Tenant, type TwoWorkspaces } from '../support/two-workspaces.js';
import { askWith } from '../support/walk-client.js';
import { until } from '../support/until.js';

let world: TwoWorkspaces;
let tenant: Tenant;
let owner: Principal;
let walk: SchemaWalk;
let call: { readonly recordingId: string; readonly analysis: AnalysisRecord; readonly segments: readonly SegmentRecord[] };
let otherAnalysisId: string;
const FIRST = { first: 200, after: null };
const services = () => world.platform.services;
const one = <T>(items: readonly T[], what: string): T => {
  if (items[0] === undefined) throw new Error(`There is no ${what}.`);
  return items[0];
};
const expectedOf = (trail: Trail | undefined): readonly string[] => (trail === undefined || 'none' in trail ? [] : [...trail].sort());

beforeAll(async () => {
  world = await openTwoWorkspaces();
  tenant = world.tenants[0];
  owner = tenant.principal;
  walk = new SchemaWalk(world.schema);
  await tenant.seed('trail');
  const { items } = await services().recordings.list(owner, FIRST, {}, { field: 'createdAt', direction: 'desc' });
  const recording = one(items.filter(({ fileName }) => fileName === 'trail call.wav'), 'recording of the seed');
  const analyses = (await services().analyses.list(owner, FIRST, { recordingId: recording.id })).items;
  const [analysis, other] = [one(analyses, 'analysis'), analyses[1]!];
  call = { recordingId: recording.id, analysis, segments: (await services().analyses.segments(owner, analysis.id, FIRST, {})).items };
  otherAnalysisId = other.id;
}, 180_000);
afterAll(() => world.close());

async function eventsBy(keyId: string): Promise<readonly AuditEventRecord[]> {
  return (await services().audit.list(owner, FIRST, { actorKeyId: keyId })).items.toReversed();
}
async function newKey(name: string): Promise<{ readonly id: string; readonly secret: string; readonly principal: Principal }> {
  const { apiKey, secret } = await services().keys.create(owner, { name: name.slice(0, 100), role: 'admin', expiresAt: null });
  return { id: apiKey.id, secret, principal: { ...owner, keyId: apiKey.id, keyName: apiKey.name } };
}
const upload = async (seed: number, input = {}, seconds = 1): Promise<string> => (await services().recordings.upload(owner, { stream: Readable.from([speechLikeWav(seconds, seed)]), fileName: 'x.wav' }, input)).recording.id;

/** What the whole database holds but the log itself, keys' last use, and the queue. */
async function digestOfRows(): Promise<string> {
  const { client } = world.platform.database;
  const tables = await client.$queryRawUnsafe<{ name: string }[]>(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT IN ('AuditEvent', 'AuditStart', 'ApiKey', 'Node', 'TaskRun') ORDER BY 1`);
  const parts = [];
  for (const { name } of tables) parts.push(...(await client.$queryRawUnsafe<object[]>(`SELECT '${name}' AS name, count(*)::int AS rows, md5(COALESCE(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) AS hash FROM "${name}" t`)));
  return JSON.stringify(parts);
}

/** Sends a mutation that must succeed and answers its data with the actions that it has left. */
async function mutate(field: string, variables: Record<string, unknown>, options: { readonly file?: Buffer; readonly selection?: string } = {}): Promise<{ readonly data: Record<string, string>; readonly actions: readonly string[] }> {
  const operation = one(walk.rootFields().filter(({ name }) => name === `Mutation.${field}`), field);
  const type = getNamedType(world.schema.getMutationType()!.getFields()[field]!.type);
  const selection = `{ __typename ${options.selection ?? ''} ${isUnionType(type) ? '... on Problem { code message }' : ''} }`;
  const key = await newKey(field);
  const answer = await askWith(world.url, key.secret, { ...operation.selecting(selection), takesFile: options.file !== undefined }, variables, options.file === undefined ? {} : { file: options.file });
  const given = (JSON.parse(answer) as { data?: Record<string, Record<string, string> | null> }).data?.[field];
  if (given == null || given['__typename']?.endsWith('Problem') === true) throw new Error(`${field} was refused: ${answer}`);
  return { data: given, actions: (await eventsBy(key.id)).map(({ action }) => action).filter((action) => !action.endsWith('.read')).sort() };
}

describe('the audit trail', () => {
  it('is stated for every root field, route and command, and for nothing else', () => {
    const fields = (kind: string): string[] => walk.rootFields().map(({ name }) => name).filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length)).sort();
    expect(fields('Mutation.')).toEqual(Object.keys(MUTATION_TRAIL).sort());
    expect(fields('Query.')).toEqual(Object.keys(QUERY_TRAIL).sort());
    expect(fields('Subscription.')).toEqual(Object.keys(SUBSCRIPTION_TRAIL).sort());
    expect(auditedRoutes(world.app)).toEqual(Object.keys(ROUTE_TRAIL).sort());
    expect(leafCommands()).toEqual(Object.keys(COMMAND_TRAIL).sort());
  });

  it('has an entry for every query that tells of a recording, by whoever asked, and none for the others', async () => {
    const { analyses, embeddings, alerts, reviews, evaluations, rules, archives, webhooks } = services();
    const vectors = [...(await embeddings.forSegments(owner, call.segments.map(({ id }) => id)))];
    const run = one((await evaluations.listRuns(owner, FIRST, null)).items, 'run');
    const runs = (await evaluations.listRuns(owner, FIRST, null)).items;
    const hook = one(await webhooks.list(owner), 'webhook');
    const variables: Record<string, Record<string, unknown>> = {
      alert: { id: one((await alerts.list(owner, FIRST, {})).items, 'alert').id }, analysis: { id: call.analysis.id }, archive: { id: one((await archives.list(owner, FIRST)).items, 'archive').id },
      compareAnalyses: { a: call.analysis.id, b: otherAnalysisId }, compareEmbeddings: { a: vectors[0]!.id, b: vectors[1]!.id }, compareEvaluationRuns: { a: runs[0]!.id, b: runs[1]!.id }, evaluationRun: { id: run.id },
      recording: { id: call.recordingId }, reviewItem: { id: one((await reviews.queue(owner, FIRST, {})).items, 'review').id }, rule: { id: one(await rules.list(owner), 'rule').id },
      similarSegments: { to: { segmentId: one(call.segments.filter(({ prediction }) => prediction !== null), 'judged segment').id } }, webhook: { id: hook.id }, webhookDelivery: { id: one((await webhooks.deliveries(owner, hook.id, FIRST, null)).items, 'delivery').id },
    };
    expect((await analyses.find(owner, call.analysis.id))!.status).toBe('SUCCEEDED');
    const asked = new Map<string, string>();
    for (const field of walk.rootFields().filter(({ name }) => name.startsWith('Query.'))) {
      const name = field.name.slice('Query.'.length);
      const key = await newKey(name);
      asked.set(name, key.id);
      const answer = await askWith(world.url, key.secret, field, { ...field.variables, ...variables[name] });
      expect(answer, name).not.toContain('"errors"');
      expect((JSON.parse(answer) as { data: Record<string, unknown> }).data[name], name).not.toBeNull();
    }
    await until('the last second of reads is written', async () => (await eventsBy(asked.get('statistics')!)).length > 0 && (await eventsBy(asked.get('similarSegments')!)).length > 0);
    const seen = Object.fromEntries(await Promise.all([...asked].map(async ([name, keyId]) => [name, (await eventsBy(keyId)).map(({ action }) => action).sort()] as const)));
    expect(seen).toEqual(Object.fromEntries(Object.entries(QUERY_TRAIL).map(([name, trail]) => [name, expectedOf(trail)])));
    const [compared] = await eventsBy(asked.get('compareEmbeddings')!);
    expect([compared!.subjectKind, compared!.subjectId, (await eventsBy(asked.get('statistics')!))[0]!.subjectKind]).toEqual(['recording', call.recordingId, 'workspace']);
  }, 120_000);

  it('has an entry for every download and sign-in', async () => {
    const embedding = one(await services().embeddings.forSegments(owner, call.segments.map(({ id }) => id)), 'embedding');
    const paths: Record<string, string> = { 'PUT /recordings': '/recordings', 'GET /recordings/:id/audio': `/recordings/${call.recordingId}/audio`, 'GET /analyses/:file': `/analyses/${call.analysis.id}.json`, 'GET /embeddings/:file': `/embeddings/${embedding.id}.npy` };
    const item = await services().reviews.enqueue(owner, { segmentId: call.segments[1]!.id });
    await services().reviews.resolve(owner, { id: item.id, label: item.labels[0]!, isFinal: true });
    const seen = new Map<string, string>();
    for (const [route, trail] of Object.entries(ROUTE_TRAIL)) {
      if ('none' in trail || route === 'DELETE /session') continue;
      const [method = '', path = ''] = route.split(' ');
      const key = await newKey(route);
      seen.set(route, key.id);
      const response = await fetch(world.url + (paths[route] ?? path), { method, headers: { Authorization: `Bearer ${key.secret}` }, ...(method === 'PUT' ? { body: new Uint8Array(speechLikeWav(1, 5.01)) } : {}) });
      expect([route, response.ok]).toEqual([route, true]);
      if (route !== 'POST /session') continue;
      seen.set('DELETE /session', key.id);
      const { csrfToken } = (await response.json()) as { csrfToken: string };
      const cookie = response.headers.getSetCookie()[0]!.split(';')[0]!;
      await expect.poll(async () => (await eventsBy(key.id)).map(({ action }) => action)).toEqual(['session.opened']);
      expect((await fetch(`${world.url}/session`, { method: 'DELETE', headers: { cookie, 'x-csrf-token': csrfToken } })).status).toBe(200);
    }
    for (const [route, keyId] of seen) {
      const expected = [...(route.endsWith('/session') ? ['session.closed', 'session.opened'] : expectedOf(ROUTE_TRAIL[route]))];
      await expect.poll(async () => (await eventsBy(keyId)).map(({ action }) => action).sort(), { timeout: 20_000, message: route }).toEqual(expected);
    }
  }, 60_000);

  it('has an entry for what subscriptions tell of recordings', async () => {
    const [alerts, queue] = [await newKey('alerts'), await newKey('queue')];
    const left = new AbortController();
    const heard: string[] = [];
    const follow = async (name: string, source: AsyncIterable<unknown>): Promise<void> => { for await (const given of source) if (given !== undefined) heard.push(name); };
    const following = [follow('alert', services().alerts.raised(alerts.principal, { severity: null }, left.signal)), follow('review', services().reviews.changes(queue.principal, left.signal))];
    await services().analyses.request(owner, call.recordingId, {});
    await until('an alert came', () => heard.includes('alert'), 30_000);
    await services().reviews.enqueue(owner, { segmentId: call.segments[2]!.id });
    await until('a change of the queue came', () => heard.includes('review'));
    for (const [{ id }, name] of [[alerts, 'alertRaised'], [queue, 'reviewQueueChanged']] as const) await expect.poll(async () => [...new Set((await eventsBy(id)).map(({ action }) => action))], { timeout: 20_000 }).toEqual(expectedOf(SUBSCRIPTION_TRAIL[name]));
    left.abort();
    await Promise.all(following);
  }, 60_000);

  it('has an entry for what rules and the operator do', async () => {
    const rule = await services().rules.create(owner, { definition: { ...RULE, name: 'Tags', actions: [{ tag: { tags: ['by-rule'] } }] } });
    await services().rules.apply(owner, rule.id, {}, new AbortController().signal);
    await services().rules.apply(owner, rule.id, {}, new AbortController().signal);
    const tagged = (await eventsBy(rule.id)).filter(({ subjectId }) => subjectId === call.recordingId);
    expect(tagged.map(({ action, actorName, subjectKind }) => [action, actorName, subjectKind])).toEqual([['recording.tagged', 'rule', 'recording']]);
    expect(tagged[0]!.beforeDigest).not.toBe(tagged[0]!.afterDigest);

    const folder = await mkdtemp(join(tmpdir(), 'undertone-trail-'));
    const audioPath = join(folder, 'processed_audio.wav');
    await writeFile(audioPath, speechLikeWav(1, 6.01));
    const operator: Principal = { ...owner, keyId: 'operator', keyName: 'operator' };
    const given = { name: 'outputs_20250101_000000', at: new Date('2025-01-01T00:00:00Z'), audioPath, result: { label: 'happy', confidence: 0.9, scores: { happy: 0.9, sad: 0.1 } }, resultBytes: Buffer.from('{}'), embedding: null, model: 'emotion2vec-plus-large' };
    const before = (await eventsBy('operator')).length;
    const imported = await world.platform.imports.importOutputs(operator, given, new AbortController().signal);
    expect((await world.platform.imports.importOutputs(operator, given, new AbortController().signal)).isNew).toBe(false);
    await rm(folder, { recursive: true });
    expect((await eventsBy('operator')).slice(before).map(({ action, subjectId }) => [action, subjectId])).toEqual([['recording.uploaded', imported.recordingId], ['analysis.imported', imported.analysisId]]);
    await world.platform.encryption.rotate(operator);
    const archive = one((await services().archives.list(owner, FIRST)).items.filter(({ blobKey }) => blobKey !== null), 'archive');
    (await services().archives.open(operator, archive.id)).stream.destroy();
    await services().archives.unpack(operator, archive.id, null, () => Promise.resolve());
    expect((await eventsBy('operator')).slice(before + 2).map(({ action }) => action)).toEqual(['encryption.rotated', 'archive.read', 'archive.unpacked']);
  }, 60_000);

  it('has an entry for every mutation that changes something, by whoever sent it', async () => {
    const left: Record<string, readonly string[]> = {};
    const did = async (field: string, variables: Record<string, unknown>, options: Parameters<typeof mutate>[2] = {}): Promise<Record<string, string>> => {
      const { data, actions } = await mutate(field, variables, options);
      left[field] = actions;
      return data;
    };
    const readsAlone = async (field: string, variables: Record<string, unknown>): Promise<void> => {
      const before = await digestOfRows();
      await did(field, variables);
      expect(await digestOfRows(), field).toBe(before);
    };
    const { alerts, evaluations, calibrations, archives, webhooks, models, retention } = services();
    const id = 'id';

    // Recordings and analyses.
    await did('uploadRecording', {}, { file: speechLikeWav(1, 7.01) });
    await did('analyze', { input: { raw: true } }, { file: speechLikeWav(1, 7.02) });
    await did('analyzeRecording', { input: { recordingId: call.recordingId, raw: true } });
    await did('reanalyze', { id: call.analysis.id, model: call.analysis.modelId });
    const [long, short] = [await upload(7.03, {}, 90), await upload(7.04)];
    await did('cancelAnalysis', { id: (await services().analyses.request(owner, long, { priority: 'bulk' })).id });
    await did('importTranscript', { input: { analysisId: call.analysis.id, format: 'SRT', content: '1\n00:00:01,000 --> 00:00:02,000\nhello\n' } });
    const speaker = one(await services().analyses.speakers(owner, [call.analysis.id]), 'speaker');
    await did('setSpeakerRole', { speakerId: speaker.id, role: 'supervisor', reason: 'heard it' });

    // Rules and alerts.
    const rule = (await did('createRule', { input: { definition: { ...RULE, name: 'Mine' } } }, { selection: '... on Rule { id }' }))[id]!;
    await did('updateRule', { id: rule, input: { definition: { ...RULE, name: 'Mine too' } } });
    // Rules follow analyses, and facts follow both.
    const { client } = world.platform.database;
    await until('nothing runs that would change rows', async () => (await client.$queryRaw<unknown[]>`SELECT 1 FROM pgboss.job WHERE name NOT LIKE 'dead-letters%' AND state IN ('created', 'retry', 'active')`).length === 0, 60_000);
    await readsAlone('testRule', { rule: { id: rule }, analysisId: call.analysis.id });
    await readsAlone('backtestRule', { rule: { id: rule } });
    await did('applyRule', { id: rule });
    await did('acknowledgeAlert', { id: one((await alerts.list(owner, FIRST, { ruleId: rule })).items, 'alert').id, note: 'seen' });
    await did('deleteRule', { id: rule });

    // Evaluations.
    const set = (await did('createEvaluationSet', { input: { name: 'Mine', items: [{ recordingId: short, label: 'sad' }] } }, { selection: '... on EvaluationSet { id }' }))[id]!;
    await did('scheduleEvaluationSet', { id: set, scheduled: true });
    await did('runEvaluation', { input: { setId: set } });
    const [runId, runSetId] = await aRunToCalibrateBy();
    const queued = await aRun(runSetId, 'evr_queued');
    await did('cancelEvaluationRun', { id: queued });
    await did('acceptEvaluationRun', { id: runId });
    await did('calibrateModel', { input: { runId } });
    await did('retireCalibration', { id: one(await calibrations.list(owner, null), 'calibration').id });
    await did('deleteEvaluationSet', { id: set });
    expect(await evaluations.findSets(owner, [set])).toEqual([]);

    // Reviews.
    const fresh = await upload(7.05, {}, 3);
    const { id: freshAnalysis } = await services().analyses.wait(owner, (await services().analyses.request(owner, fresh, { raw: true })).id, 60_000);
    const item = (await did('enqueueReview', { input: { analysisId: freshAnalysis } }, { selection: '... on ReviewItem { id }' }))[id]!;
    await did('claimReview', { id: item });
    const claimant = one((await services().reviews.find(owner, item))!.claims, 'claim');
    await did('releaseReview', { id: item, keyId: claimant.keyId });
    await did('assignReview', { id: item, keyIds: [] });
    await did('claimNextReview', { filter: null });
    const reviewer = await newKey('reviewer');
    await services().reviews.resolve(reviewer.principal, { id: item, label: call.analysis.modelLabels[0]!, isFinal: true });
    await did('undoReview', { id: item, decisionId: one((await services().reviews.find(reviewer.principal, item))!.decisions, 'decision').id });
    await did('resolveReview', { input: { id: item, label: call.analysis.modelLabels[0]!, isFinal: true } });
    const others = (await services().reviews.queue(owner, FIRST, {})).items.filter((one) => one.id !== item && one.assigneeKeyIds.length === 0 && one.claims.length === 0);
    const spare = others.length > 1 ? others : [await services().reviews.enqueue(owner, { segmentId: call.segments[3]!.id }), await services().reviews.enqueue(owner, { segmentId: call.segments[4]!.id })];
    await did('skipReview', { id: spare[0]!.id });
    await did('dismissReview', { id: spare[1]!.id, reason: 'not needed' });
    await did('setReviewPolicy', { input: { claimMinutes: 7 } });

    // Webhooks.
    const hook = { id: (await did('createWebhook', { input: { url: 'https://hooks.example.invalid/', events: ['ANALYSIS_FAILED'] } }, { selection: '... on Webhook { id }' }))[id]! };
    await did('updateWebhook', { id: hook.id, input: { name: 'mine' } });
    await did('rotateWebhookSecret', { id: hook.id });
    await did('testWebhook', { id: hook.id });
    await did('redeliverWebhook', { deliveryId: one((await webhooks.deliveries(owner, hook.id, FIRST, null)).items, 'delivery').id });
    await did('pauseWebhook', { id: hook.id });
    await did('resumeWebhook', { id: hook.id });
    await did('deleteWebhook', { id: hook.id });

    // Keys, subjects, holds, policies.
    const key = await newKey('to be turned');
    await did('createApiKey', { input: { name: 'made', role: 'viewer' } });
    await did('rotateApiKey', { id: key.id });
    await did('revokeApiKey', { id: key.id });
    await did('optOutSubject', { externalId: 'nobody', reason: 'asked' });
    await did('withdrawOptOut', { id: one((await services().optOuts.list(owner, FIRST)).items, 'opt-out').id, reason: 'asked' });
    const hold = (await did('placeLegalHold', { input: { scope: 'RECORDING', recordingId: short, reason: 'a case' } }, { selection: '... on LegalHold { id }' }))[id]!;
    await did('releaseLegalHold', { id: hold, reason: 'over' });
    await upload(7.06, { externalId: 'to be erased' });
    await did('eraseSubject', { externalId: 'to be erased', reason: 'asked' });
    await did('setRetentionPolicy', { input: { name: 'Mine', kind: 'RECORDING', action: 'DELETE', keepDays: 30_000, isEnabled: false } });
    const policy = one((await retention.policies(owner)).filter(({ name }) => name === 'Mine'), 'policy');
    await did('deleteRetentionPolicy', { id: policy.id });
    await did('runRetention', { dryRun: false });
    const archive = one((await archives.list(owner, FIRST)).items, 'archive');
    await did('verifyArchive', { id: archive.id });
    // Only what is gone can be brought back.
    await services().recordings.delete(owner, one(await archives.items(owner, archive.id), 'recording of the archive').recordingId, 'to be brought back');
    await did('restoreArchive', { id: archive.id });

    // Operations.
    const [retried, discarded] = [await aDeadLetter(), await aDeadLetter()];
    await did('retryDeadLetter', { id: retried });
    await did('discardDeadLetter', { id: discarded });
    const model = one(models.list(owner), 'model').manifest.id;
    await did('loadModel', { id: model });
    await did('unloadModel', { id: model });
    await did('runTask', { id: 'key-expiry', dryRun: true });
    await did('deleteRecording', { id: short, reason: 'asked' });

    expect(left).toEqual(Object.fromEntries(Object.entries(MUTATION_TRAIL).map(([name, trail]) => [name, expectedOf(trail)])));
    expect(await services().audit.verify(owner)).toMatchObject({ brokenAt: null });
  }, 240_000);

  /** A run that no worker takes: its row is there, its job is not. */
  async function aRun(setId: string, runId: string): Promise<string> {
    await world.platform.database.transaction((tx) => createEvaluationRepository(world.platform.database).insertRun(tx, { id: runId, workspaceId: owner.workspaceId, setId, modelId: call.analysis.modelId, raw: true, split: null, idempotencyKey: null, requestDigest: 'd' }));
    return runId;
  }

  /** One that has succeeded with made-up answers: to judge fifty recordings for a row in the log would take long. */
  async function aRunToCalibrateBy(): Promise<[string, string]> {
    const evaluations = createEvaluationRepository(world.platform.database);
    const items = Array.from({ length: 60 }, (_, index) => ({ index, recordingId: call.recordingId, label: ['angry', 'happy'][index % 2]!, speaker: `s${index % 6}`, split: null, language: null, gender: null, channel: null, quality: null, votes: null }));
    const { id: setId } = await evaluations.insertSet({ id: 'evs_made_up', workspaceId: owner.workspaceId, name: 'made up', version: 'v', itemCount: items.length, isScheduled: false, labelMapping: {}, warnings: [] }, items);
    const runId = await aRun(setId, 'evr_made_up');
    const labels = ['angry', 'happy'];
    await evaluations.beginRun(runId, { version: '1', digest: 'made up', labels });
    for (const { index } of items) {
      const answer = { label: 'angry', confidence: 0.5, calibrated: false, abstained: false, predictionSet: [], scores: { angry: 0.5, happy: 0.5 }, logits: [index % 7, index % 3] };
      await evaluations.saveAnswer({ id: runId, workspaceId: owner.workspaceId }, { index, recordingId: call.recordingId }, { sha256: null, durationSeconds: 1, answer, gate: null, conditions: null, calibrationVersion: null, problem: null });
    }
    const finished = one((await services().evaluations.listRuns(owner, FIRST, null)).items.filter(({ status }) => status === 'SUCCEEDED'), 'run of the seed');
    await evaluations.completeRun(runId, (await services().evaluations.findRun(owner, finished.id))!.report!, null);
    return [runId, setId];
  }

  /** Of an analysis that failed for good. */
  async function aDeadLetter(): Promise<string> {
    const { client } = world.platform.database;
    const { id: analysisId } = await services().analyses.wait(owner, (await services().analyses.request(owner, await upload(8 + Math.random()), { raw: true })).id, 60_000);
    await client.analysis.updateMany({ where: { id: analysisId }, data: { status: 'FAILED' } });
    const rows = await client.$queryRawUnsafe<{ id: string }[]>(
      `INSERT INTO pgboss.job (name, data, group_id, singleton_key, source_name, source_created_on, source_retry_count, source_output)
       VALUES ('dead-letters', $3::jsonb, $1, $2, 'analyze-recording', now(), 2, '{"code":"INTERNAL"}'::jsonb) RETURNING id::text AS id`, owner.workspaceId, analysisId, JSON.stringify({ analysisId }));
    return one(rows, 'letter').id;
  }
});
