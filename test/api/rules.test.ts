import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { subjectOf } from '../support/rule-subject.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const CREATE = 'mutation ($input: RuleInput!) { createRule(input: $input) { __typename ... on Rule { id version name severity enabled firingCount history { version createdBy } } ... on BadInputProblem { code message field } ... on ForbiddenProblem { neededRole } } }';
const ANGER = { name: 'Anger', when: { label: { in: ['angry'] } }, oncePer: 'analysis' };

describe('rules over GraphQL', () => {
  let app: TestApp;
  beforeEach(async () => { app = await startTestApp(); });
  afterEach(() => app.close());
  const create = async (definition: unknown, key?: string) => (await app.graphql(CREATE, { input: { definition } }, key)).data!['createRule'] as Record<string, unknown>;

  it('are made, changed, listed and deleted', async () => {
    const rule = await create(ANGER);
    expect(rule).toMatchObject({ __typename: 'Rule', version: 1, name: 'Anger', severity: 'WARNING', enabled: true, firingCount: 0, history: [{ version: 1, createdBy: 'analyst-key' }] });
    const updated = await app.graphql('mutation ($id: ID!, $input: UpdateRuleInput!) { updateRule(id: $id, input: $input) { ... on Rule { version severity } } }', { id: rule['id'], input: { definition: { ...ANGER, severity: 'critical' }, expectedVersion: 1 } });
    expect(updated.data).toEqual({ updateRule: { version: 2, severity: 'CRITICAL' } });
    expect((await app.graphql('{ rules { id } ruleTemplates { id } }')).data).toEqual({ rules: [{ id: rule['id'] }], ruleTemplates: [{ id: 'anger' }] });
    expect((await app.graphql('mutation ($id: ID!) { deleteRule(id: $id) { ... on DeletedRule { id } } }', { id: rule['id'] })).data).toEqual({ deleteRule: { id: rule['id'] } });
    expect((await app.graphql('{ rules { id } }')).data).toEqual({ rules: [] });
  });

  it('with a typo are a problem with the path and the nearest name, and nothing is stored', async () => {
    expect(await create({ ...ANGER, when: { lable: { in: ['angry'] } } })).toMatchObject({ __typename: 'BadInputProblem', code: 'BAD_INPUT', field: 'when.lable', message: expect.stringContaining('did you mean "label"') as string });
    expect(await create(ANGER, 'viewer-key')).toEqual({ __typename: 'ForbiddenProblem', neededRole: 'analyst' });
    expect((await app.graphql('{ rules { id } }')).data).toEqual({ rules: [] });
  });

  it('are backtested and applied, and their alerts are shown with the analysis and acknowledged', async () => {
    const analysis = app.world.addAnalysis(app.world.addRecording());
    app.world.ruled.subjects.push({ workspaceId: 'ws_1', subject: subjectOf([[1, 3, 'angry']], { analysisId: analysis.id, recordingId: analysis.recordingId }) });
    const { id } = await create(ANGER);
    const backtest = await app.graphql('mutation ($id: ID!) { backtestRule(rule: { id: $id }) { ... on RuleBacktest { firingCount precision { value } precisionReason examples { analysisId trace { path seen result } } } } }', { id });
    expect(backtest.data).toEqual({ backtestRule: { firingCount: 1, precision: null, precisionReason: expect.any(String) as string, examples: [{ analysisId: analysis.id, trace: [{ path: 'when.label', seen: 'angry', result: true }] }] } });
    expect((await app.graphql('mutation ($id: ID!) { applyRule(id: $id) { ... on RuleApplication { newAlertCount nextAfter } } }', { id })).data).toEqual({ applyRule: { newAlertCount: 1, nextAfter: null } });
    const shown = await app.graphql('query ($id: ID!) { analysis(id: $id) { alerts { id } } alerts(first: 5, filter: { severity: WARNING }) { totalCount nodes { startSeconds isOfThePast rule { name } analysis { id } actions { kind state } } } }', { id: analysis.id });
    expect(shown.data!['alerts']).toEqual({ totalCount: 1, nodes: [{ startSeconds: 1, isOfThePast: true, rule: { name: 'Anger' }, analysis: { id: analysis.id }, actions: [{ kind: 'alert', state: 'DONE' }] }] });
    const [alert] = (shown.data!['analysis'] as { alerts: { id: string }[] }).alerts;
    const acknowledged = await app.graphql('mutation ($id: ID!) { acknowledgeAlert(id: $id, note: "seen") { ... on Alert { acknowledgedBy acknowledgeNote } } }', { id: alert!.id });
    expect(acknowledged.data).toEqual({ acknowledgeAlert: { acknowledgedBy: 'analyst-key', acknowledgeNote: 'seen' } });
  });

  it('have their schema at an open address', async () => {
    const response = await fetch(`${app.url}/schemas/rule.json`);
    expect(response.headers.get('content-type')).toMatch(/schema\+json/);
    const schema = (await response.json()) as { $defs: Record<string, { properties: object }> };
    expect(Object.keys(schema.$defs['Condition']!.properties)).toContain('trajectory');
  });
});
