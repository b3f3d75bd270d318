import { createReadStream, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphql } from 'graphql';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composePlatform, type Platform } from '../../src/compose.js';
import { readSettings } from '../../src/config.js';
import type { Principal } from '../../src/domain/principal.js';
import { DEFAULT_WORKSPACE_ID } from '../../src/services/key.service.js';
import { startReceiver, type Receiver } from '../support/receivers.js';
import { until } from '../support/until.js';

const admin: Principal = { keyId: 'k', keyName: 'k', workspaceId: DEFAULT_WORKSPACE_ID, role: 'admin' };
const QUERY = 'query ($id: ID!, $analysisId: ID!) { alert(id: $id) { ruleName severity } analysis(id: $analysisId) { status recording { externalId } timeline(binSeconds: 1) { startSeconds } } }';

interface Payload { readonly id: string; readonly type: string; readonly ids: Record<string, string>; readonly data: Record<string, unknown> | null; readonly errors?: readonly { readonly extensions: { readonly code: string } }[] }

describe('webhooks on the whole platform', () => {
  let dataDir: string;
  let platform: Platform;
  let receiver: Receiver;
  let recordingId: string;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'undertone-hooks-'));
    receiver = await startReceiver();
    platform = await composePlatform(readSettings({ UNDERTONE_DATA_DIR: dataDir, UNDERTONE_WEBHOOK_HTTP: 'true', UNDERTONE_WEBHOOK_ALLOW: 'loopback' }, '/nonexistent'), pino({ level: 'error' }));
    await platform.startWorker();
  }, 120_000);
  afterAll(async () => {
    await platform.stop();
    await receiver.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const ask = async (source: string, variableValues: Record<string, unknown> = {}, principal = admin): Promise<Record<string, Record<string, unknown>>> => {
    const { data, errors } = await graphql({ schema: platform.api.schema(), source, variableValues, contextValue: platform.api.createContext({ principal, signPath: (path) => path, signal: new AbortController().signal }) });
    expect(errors).toBeUndefined();
    return data as Record<string, Record<string, unknown>>;
  };
  const create = (input: object, principal = admin) => ask('mutation ($input: CreateWebhookInput!) { result: createWebhook(input: $input) { __typename ... on Webhook { id secret signing state events keys { id expiresAt } } ... on BadInputProblem { field message } ... on ForbiddenProblem { neededRole } } }', { input }, principal).then(({ result }) => result!);
  const payloads = (): readonly Payload[] => receiver.received.map(({ body }) => JSON.parse(body.toString()) as Payload);
  const payloadOf = async (type: string): Promise<Payload> => {
    await until(`${type} has come`, () => payloads().some((one) => one.type === type), 60_000);
    return payloads().find((one) => one.type === type)!;
  };

  it('are made over GraphQL by admins alone, with the secret in that answer only', async () => {
    const created = await create({ url: receiver.url, events: ['ANALYSIS_COMPLETED', 'RECORDING_DELETED'], query: 'query ($id: ID!) { analysis(id: $id) { status recording { externalId } timeline(binSeconds: 1) { startSeconds } } }' });
    expect(created).toMatchObject({ __typename: 'Webhook', secret: expect.stringMatching(/^whsec_/) as string, signing: 'HMAC_SHA256', state: 'ACTIVE', events: ['ANALYSIS_COMPLETED', 'RECORDING_DELETED'], keys: [{ expiresAt: null }] });
    expect(await ask('{ webhooks { id secret url deliveries { totalCount } } }')).toEqual({ webhooks: [{ id: created['id'], secret: null, url: receiver.url, deliveries: { totalCount: 0 } }] });
    expect(await create({ url: receiver.url, events: [] }, { ...admin, role: 'analyst' })).toMatchObject({ __typename: 'ForbiddenProblem', neededRole: 'admin' });
    expect(JSON.stringify(await platform.database.client.webhook.findMany())).not.toContain(created['secret']);
  });

  it.each([
    ['query { nothing }', /Cannot query field "nothing"/],
    ['query {', /Syntax Error/],
    ['mutation { deleteRecording(id: "x") { __typename } }', /exactly one operation, a query/],
    ['query a { viewer { role } } query b { viewer { role } }', /exactly one operation/],
    ['fragment f on Query { viewer { role } }', /holds none/],
    ['{ __schema { types { name } } }', /introspection/],
    ['query ($id: Int!) { recordings(first: $id) { totalCount } }', /must be of type ID or String/],
    ['query ($reviewId: ID!) { analysis(id: $reviewId) { id } }', /not there for each of its events/],
    ['query ($other: ID!) { analysis(id: $other) { id } }', /nothing is given for \$other/],
    ['{ recordings(first: 200) { nodes { analyses(first: 200) { nodes { segments(first: 200) { nodes { id } } } } } } }', /would resolve about/],
  ])('refuse the query %s', async (query, message) => {
    expect(await create({ url: receiver.url, events: ['ANALYSIS_COMPLETED'], query })).toMatchObject({ __typename: 'BadInputProblem', field: 'query', message: expect.stringMatching(message) as string });
  });

  it('read nothing for a key that may not read it: a query is stored, and its answer sent elsewhere, by whoever may read all that a viewer may', async () => {
    const { webhooks } = platform.services;
    const narrow: Principal = { ...admin, scopes: ['webhooks:read', 'webhooks:write'] };
    await expect(webhooks.create(narrow, { url: receiver.url, events: [], query: QUERY })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const { id } = await webhooks.create(admin, { url: receiver.url, events: [], query: QUERY });
    for (const change of [{ url: 'https://example.org/' }, { query: '{ viewer { role } }' }, { events: ['analysis.failed' as const] }]) await expect(webhooks.update(narrow, id, change), JSON.stringify(change)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await webhooks.find(admin, id)).toMatchObject({ url: receiver.url, query: QUERY, events: [] });
    await webhooks.update(narrow, id, { name: 'renamed' });
    await webhooks.update(narrow, id, { query: null });
    await webhooks.update(narrow, id, { url: `${receiver.url}?other` });
    const plain = await webhooks.create(narrow, { url: receiver.url, events: [] });
    for (const one of [id, plain.id]) await webhooks.delete(admin, one, { evenIfCalled: true });
  });

  it('refuse an address that must not be called, which is told over GraphQL', async () => {
    expect(await create({ url: 'http://169.254.169.254/', events: [] })).toMatchObject({ __typename: 'BadInputProblem', field: 'url' });
  });

  it('tell of a finished analysis with what the query asks for, and rules call them', async () => {
    const { id: ruleHook } = await create({ url: receiver.url, events: ['ALERT_RAISED'], query: QUERY, signing: 'ED25519' });
    const { id: goneHook } = await create({ url: receiver.url, events: [] });
    await platform.services.rules.create(admin, { definition: { name: 'Long enough', when: { duration: { atLeast: 1 } }, actions: [{ alert: {} }, { webhook: { id: ruleHook } }, { webhook: { id: goneHook } }] } });
    // Gone since: a new rule that calls it is refused, this one says it at its next firing.
    const remove = 'mutation ($id: ID!, $evenIfCalled: Boolean) { deleteWebhook(id: $id, evenIfCalled: $evenIfCalled) { __typename ... on Problem { message } } }';
    expect(await ask(remove, { id: goneHook })).toEqual({ deleteWebhook: { __typename: 'ConflictProblem', message: expect.stringMatching(/^One enabled rule calls this webhook: “Long enough”\./) as string } });
    await expect(platform.services.webhooks.delete({ ...admin, scopes: ['webhooks:write'] }, goneHook as string, { evenIfCalled: false })).rejects.toMatchObject({ code: 'CONFLICT', message: expect.not.stringContaining('Long enough') as string });
    expect(await ask('query ($id: ID!) { webhook(id: $id) { id } }', { id: goneHook })).toEqual({ webhook: { id: goneHook } });
    expect(await ask(remove, { id: goneHook, evenIfCalled: true })).toMatchObject({ deleteWebhook: { __typename: 'DeletedWebhook' } });
    await expect(platform.services.rules.create(admin, { definition: { name: 'x', when: { duration: { atLeast: 1 } }, actions: [{ webhook: { id: goneHook } }] } })).rejects.toMatchObject({ code: 'BAD_INPUT', details: { field: 'actions[0].webhook.id' } });
    const { recording } = await platform.services.recordings.upload(admin, { stream: createReadStream('samples/conversation.flac'), fileName: 'a.flac' }, { externalId: 'call-7' });
    recordingId = recording.id;
    const { id: analysisId } = await platform.services.analyses.request(admin, recordingId, {});
    const completed = await payloadOf('analysis.completed');
    expect(completed).toMatchObject({ ids: { analysisId, recordingId }, data: { analysis: { status: 'SUCCEEDED', recording: { externalId: 'call-7' } } } });
    expect(completed.data).toMatchObject({ analysis: { timeline: { startSeconds: expect.arrayContaining([0, 1]) as number[] } } });
    const [raised, fired] = [await payloadOf('alert.raised'), await payloadOf('rule.fired')];
    expect(fired.data).toMatchObject({ alert: { ruleName: 'Long enough' }, analysis: { status: 'SUCCEEDED' } });
    expect(raised.data).toEqual(fired.data);
    expect(fired.ids['alertId']).toBe(raised.ids['alertId']);
    await until('the actions have ended', async () => (await platform.services.alerts.forAnalyses(admin, [analysisId]))[0]!.actions.every(({ state }) => state !== 'PENDING'));
    expect((await platform.services.alerts.forAnalyses(admin, [analysisId]))[0]!.actions.map(({ state, message }) => `${state} ${message ?? ''}`)).toEqual(['DONE ', 'DONE ', expect.stringMatching(/^FAILED The rule calls the webhook whk_\S+, which is not there/)]);
  });

  it('tell of a deletion, when what the query asks for is gone', async () => {
    await platform.services.recordings.delete(admin, recordingId, null);
    expect(await payloadOf('recording.deleted')).toMatchObject({ ids: { recordingId }, data: { analysis: null } });
  });

  it('answer a query that wants more than a viewer sees with its refusal beside the rest', async () => {
    const { id } = await create({ url: receiver.url, events: ['RECORDING_DELETED'], query: 'query { viewer { role } auditLog { totalCount } }' });
    const before = receiver.received.length;
    const { recording } = await platform.services.recordings.upload(admin, { stream: createReadStream('samples/conversation.flac'), fileName: 'b.flac' }, {});
    await platform.services.recordings.delete(admin, recording.id, null);
    const mine = (): Payload | undefined => payloads().slice(before).find((one) => one.errors !== undefined);
    await until('it has come', () => mine() !== undefined);
    expect(mine()!.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    await ask('mutation ($id: ID!) { deleteWebhook(id: $id) { __typename } }', { id });
  });

  it('are paused, resumed, tested, rotated and delivered to again over GraphQL', async () => {
    const { id } = await create({ url: receiver.url, events: [], signing: 'ED25519', name: 'Spare' });
    const change = async (field: string, shown: string, variables = { id }): Promise<Record<string, unknown>> => (await ask(`mutation ($id: ID!) { result: ${field} { __typename ${shown} ... on ConflictProblem { message } } }`, variables))['result']!;
    expect(await change('pauseWebhook(id: $id)', '... on Webhook { state pausedReason }')).toMatchObject({ state: 'PAUSED', pausedReason: 'By hand.' });
    expect(await change('resumeWebhook(id: $id)', '... on Webhook { state pausedReason }')).toMatchObject({ state: 'ACTIVE', pausedReason: null });
    expect(await change('resumeWebhook(id: $id)', '')).toMatchObject({ __typename: 'ConflictProblem' });
    expect(await change('rotateWebhookSecret(id: $id, overlapHours: 1)', '... on Webhook { secret keys { id expiresAt } }')).toMatchObject({ secret: null, keys: [{ expiresAt: null }, { expiresAt: expect.anything() as unknown }] });
    const test = await change('testWebhook(id: $id)', '... on WebhookDelivery { id event state }');
    expect(test).toMatchObject({ event: 'webhook.test', state: 'PENDING' });
    const shown = () => ask('query ($id: ID!) { delivery: webhookDelivery(id: $id) { state attemptCount attempts { outcome statusCode durationMs } } }', { id: test['id'] });
    await until('it is delivered', async () => (await shown())['delivery']!['state'] === 'DELIVERED');
    expect(await shown()).toMatchObject({ delivery: { attemptCount: 1, attempts: [{ outcome: 'DELIVERED', statusCode: 204 }] } });
    expect(await change('redeliverWebhook(deliveryId: $id)', '... on WebhookDelivery { state }', { id: test['id'] })).toMatchObject({ state: 'PENDING' });
    await until('it came again', () => receiver.received.filter(({ headers }) => headers['webhook-id'] === test['id']).length === 2);
    expect(await ask('mutation ($id: ID!) { updateWebhook(id: $id, input: { name: null, events: [REVIEW_RESOLVED] }) { ... on Webhook { name events signing } } }', { id })).toEqual({ updateWebhook: { name: null, events: ['REVIEW_RESOLVED'], signing: 'ED25519' } });
    expect(await ask('query ($id: ID!) { webhook(id: $id) { deliveries(state: DELIVERED) { nodes { event } pageInfo { hasNextPage } } } }', { id })).toMatchObject({ webhook: { deliveries: { nodes: [{ event: 'webhook.test' }] } } });
  });

  it('are counted in the metrics by event and outcome', async () => {
    const text = await platform.metrics.registry.metrics();
    expect(text).toMatch(/undertone_webhook_attempts_total\{event="analysis\.completed",outcome="DELIVERED"\} 1/);
    expect(text).toMatch(/undertone_webhooks\{state="ACTIVE"\} \d/);
    expect(text).toMatch(/undertone_webhook_connections 0/);
  });
});
