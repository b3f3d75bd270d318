import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildReport } from '../../src/domain/evaluation-report.js';
import { MANIFEST_ROLES, type ManifestRole } from '../../src/domain/evaluation-manifest.js';
import { LABELS } from '../support/fake-services.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const CREATE = 'mutation ($input: CreateEvaluationSetInput!) { createEvaluationSet(input: $input) { __typename ... on EvaluationSet { id name version itemCount warnings isScheduled labelMapping { from to } } ... on Problem { code message } } }';
const RUN = 'mutation ($input: RunEvaluationInput!) { runEvaluation(input: $input) { __typename ... on EvaluationRun { id status modelId set { name } problem { code } report { labels } } ... on Problem { code } } }';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());
beforeEach(() => {
  app.world.recordings.clear();
  for (const map of [app.world.evaluations.sets, app.world.evaluations.runs, app.world.evaluations.answersOf]) map.clear();
});

type Row = Record<string, unknown>;
async function send(query: string, variables: Row, key = 'analyst-key'): Promise<Row> {
  const { data, errors } = await app.graphql(query, variables, key);
  expect(errors).toBeUndefined();
  return Object.values(data!)[0] as Row;
}
const recordings = (count: number): string[] => Array.from({ length: count }, (_, i) => app.world.addRecording({}, Buffer.from(`bytes ${i}`)).id);
async function aSet(count = 4): Promise<string> {
  const items = recordings(count).map((recordingId, i) => ({ recordingId, label: LABELS[i % 4], speaker: `s${i % 2}` }));
  return (await send(CREATE, { input: { name: 'Calls', items } }))['id'] as string;
}

/** As the worker does: every item answered with its truth but the first, which is called sad. */
async function answered(setId: string): Promise<string> {
  const { evaluations } = app.world;
  const { id } = (await send(RUN, { input: { setId } })) as { id: string };
  const results = evaluations.itemsOf.get(setId)!.map((item) => {
    const label = item.index === 0 ? 'sad' : item.label;
    const logits = LABELS.map((each) => (each === label ? 3 + item.index / 10 : 0));
    const scores = Object.fromEntries(LABELS.map((each) => [each, each === label ? 0.85 : 0.05]));
    return { item: { ...item, line: item.index + 1, path: item.recordingId, columns: {} }, sha256: `${item.index}`, durationSeconds: 2, gate: 'speech', conditions: { snrDb: 5, effectiveBandwidthHz: 3400, integratedLoudnessLufs: -20 }, calibrationVersion: null, problem: null, answer: { label, confidence: 0.85, calibrated: true, abstained: false, predictionSet: [label], scores, logits } };
  });
  const report = await buildReport({
    manifest: { columnOf: Object.fromEntries(MANIFEST_ROLES.map((role) => [role, role])) as Record<ManifestRole, string>, warnings: [] }, manifestPath: 'Calls', manifestSha256: 'v', split: null, model: { id: 'starter', version: '1', digest: 'd', labels: LABELS }, raw: false,
    labelMapping: {}, unknownLabels: [], results, groupBy: null, resamples: 100, seed: 1, now: new Date(0),
  });
  evaluations.change(id, { status: 'SUCCEEDED', progress: 1, report, modelLabels: LABELS, modelDigest: 'd', modelVersion: '1' });
  evaluations.answersOf.set(id, new Map(results.map(({ item, ...result }) => [item.line - 1, result])));
  return id;
}

describe('createEvaluationSet', () => {
  it('takes items, says what makes them doubtful, and gives the same set for the same content', async () => {
    const [a, b] = recordings(2);
    const input = { name: 'Calls', items: [{ recordingId: a, label: 'anger', speaker: 'one', split: 'dev' }, { recordingId: b, label: 'sad', speaker: 'one', split: 'test' }], labels: [{ from: 'anger', to: 'angry' }], scheduled: true };
    const made = await send(CREATE, { input });
    expect(made).toMatchObject({ __typename: 'EvaluationSet', itemCount: 2, isScheduled: true, labelMapping: [{ from: 'anger', to: 'angry' }] });
    expect((made['warnings'] as string[]).join('\n')).toMatch(/only 2 items[^]*fewer than 5 items of angry \(1\), sad \(1\)[^]*1 speakers occur in more than one split/);
    expect(await send(CREATE, { input })).toEqual(made);
    const other = await send(CREATE, { input: { ...input, items: [{ ...input.items[0], speaker: 'two' }, input.items[1]] } });
    expect(other['version']).not.toBe(made['version']);
    expect((await app.graphql('{ evaluationSets { id } }')).data).toEqual({ evaluationSets: [{ id: other['id'] }, { id: made['id'] }] });
  });

  it('takes CSV text with votes, and resolved reviews', async () => {
    const [a, b] = recordings(2);
    expect(await send(CREATE, { input: { name: 'csv', csv: `recording,label,votes\n${a},angry,angry:3;sad:1\n${b},sad,\n` } })).toMatchObject({ __typename: 'EvaluationSet', itemCount: 2 });
    expect([...app.world.evaluations.itemsOf.values()].at(-1)![0]!.votes).toEqual({ angry: 3, sad: 1 });
    expect(await send(CREATE, { input: { name: 'reviews', reviews: {} } })).toMatchObject({ __typename: 'EvaluationSet', itemCount: 2 });
  });

  it('warns of labels that the model does not know, with what may have been meant', async () => {
    const [a, b] = recordings(2);
    const made = await send(CREATE, { input: { name: 'x', items: [{ recordingId: a, label: 'anger' }, { recordingId: b, label: 'sad' }] } });
    expect((made['warnings'] as string[])[0]).toMatch(/1 items are labelled “anger”, .*nearest: “angry”/);
  });

  it.each([
    ['an unknown recording', (id: string) => [{ recordingId: id, label: 'sad' }, { recordingId: 'rec_none', label: 'sad' }], /item 2: there is no recording rec_none/],
    ['the same content twice', (id: string) => [{ recordingId: id, label: 'sad' }, { recordingId: id, label: 'angry' }], /item 2: has the same content as item 1, with another label/],
    ['labels of which the model knows none', (id: string) => [{ recordingId: id, label: 'anger' }], /did you mean angry\?.*map others/],
    ['nothing', () => [], /there are no items/],
  ])('refuses %s', async (_name, items, message) => {
    const [id] = recordings(1);
    const refused = await send(CREATE, { input: { name: 'x', items: items(id!) } });
    expect(refused).toMatchObject({ __typename: 'BadInputProblem' });
    expect(refused['message']).toMatch(message);
  });

  it('refuses two sources at once, a recording of another workspace, and a viewer', async () => {
    const foreign = app.world.addRecording({ workspaceId: 'ws_2' }).id;
    const items = [{ recordingId: foreign, label: 'sad' }];
    expect(await send(CREATE, { input: { name: 'x', items, csv: 'path,label' } })).toMatchObject({ __typename: 'BadInputProblem' });
    expect(await send(CREATE, { input: { name: 'x', items } })).toMatchObject({ __typename: 'BadInputProblem' });
    expect(await send(CREATE, { input: { name: 'x', items } }, 'viewer-key')).toMatchObject({ __typename: 'ForbiddenProblem' });
  });
});

describe('evaluation runs', () => {
  it('are queued once for one idempotency key, and only for a set that is there', async () => {
    const setId = await aSet();
    const first = await send(RUN, { input: { setId, idempotencyKey: 'k' } });
    expect(first).toMatchObject({ __typename: 'EvaluationRun', status: 'QUEUED', modelId: 'starter', set: { name: 'Calls' }, problem: null, report: null });
    expect((await send(RUN, { input: { setId, idempotencyKey: 'k' } }))['id']).toBe(first['id']);
    expect(await send(RUN, { input: { setId, idempotencyKey: 'k', raw: true } })).toMatchObject({ __typename: 'ConflictProblem', code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await send(RUN, { input: { setId: 'evs_none' } })).toMatchObject({ __typename: 'NotFoundProblem' });
    expect((await app.graphql('{ evaluationRuns { totalCount nodes { id } } }')).data).toEqual({ evaluationRuns: { totalCount: 1, nodes: [{ id: first['id'] }] } });
  });

  it('give figures with intervals, slices, mistakes to listen to, and the report as HTML, JSON and CSV', async () => {
    const id = await answered(await aSet(8));
    const query = 'query ($id: ID!) { evaluationRun(id: $id) { html json csv report { labels overall { itemCount speakerCount unweightedAccuracy { value interval { low high } } confusion perClass { label precision { value interval { low } } } reliability { count interval { low } } coverage { coverage accuracy } } slices { dimension value isSmall } mostConfidentMistakes { recordingId truth answered audioUrl } } } }';
    const run = await send(query, { id });
    const report = run['report'] as { overall: { unweightedAccuracy: { value: number } }; slices: Row[]; mostConfidentMistakes: { recordingId: string; audioUrl: string }[] };
    expect(report).toMatchObject({ labels: LABELS, overall: { itemCount: 8, speakerCount: 2, unweightedAccuracy: { value: 0.875 } } });
    expect(report.slices).toContainEqual({ dimension: 'snr', value: 'under 10 dB', isSmall: true });
    const [mistake] = report.mostConfidentMistakes;
    expect(mistake).toMatchObject({ truth: 'angry', answered: 'sad' });
    const audio = await fetch(`${app.url}${mistake!.audioUrl}`);
    expect([audio.status, await audio.text()]).toEqual([200, 'bytes 0']);
    expect(run['html']).toContain(`/recordings/${mistake!.recordingId}/audio?`);
    expect(JSON.parse(run['json'] as string)).toMatchObject({ format: 'undertone-evaluation-1' });
    expect((run['csv'] as string).split('\n')).toHaveLength(10);
  });

  it('are compared item by item, and not across sets', async () => {
    const setId = await aSet();
    const [a, b] = [await answered(setId), await answered(setId)];
    const query = 'query ($a: ID!, $b: ID!) { compareEvaluationRuns(a: $a, b: $b) { itemCount bothRight bothWrong onlyARight pValue unweightedAccuracy { difference interval { low high } } } }';
    expect(await send(query, { a, b })).toEqual({ itemCount: 4, bothRight: 3, bothWrong: 1, onlyARight: 0, pValue: 1, unweightedAccuracy: { difference: 0, interval: { low: 0, high: 0 } } });
    const other = await answered(await aSet(5));
    expect((await app.graphql(query, { a, b: other })).errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_INPUT']);
  });

  it('are cancelled while they have not ended, and accepted when they have succeeded', async () => {
    const setId = await aSet();
    const change = (field: string, id: string) => send(`mutation ($id: ID!) { ${field}(id: $id) { __typename ... on EvaluationRun { status acceptedAt } } }`, { id });
    const { id } = (await send(RUN, { input: { setId } })) as { id: string };
    expect(await change('acceptEvaluationRun', id)).toMatchObject({ __typename: 'ConflictProblem' });
    expect(await change('cancelEvaluationRun', id)).toMatchObject({ status: 'CANCELLED' });
    expect(await change('cancelEvaluationRun', id)).toMatchObject({ __typename: 'ConflictProblem' });
    expect((await change('acceptEvaluationRun', await answered(setId)))['acceptedAt']).not.toBeNull();
  });

  it('look like none at all from another workspace', async () => {
    const id = await answered(await aSet());
    expect((await app.graphql('query ($id: ID!) { evaluationRun(id: $id) { id } evaluationSets { id } }', { id }, 'other-key')).data).toEqual({ evaluationRun: null, evaluationSets: [] });
  });

  it('start once a day for sets that are scheduled', async () => {
    const setId = await aSet();
    await send('mutation ($id: ID!) { scheduleEvaluationSet(id: $id, scheduled: true) { ... on EvaluationSet { isScheduled } } }', { id: setId });
    const { signal } = new AbortController();
    await app.world.services.evaluations.runScheduled(signal);
    await app.world.services.evaluations.runScheduled(signal);
    expect(app.world.evaluations.runs.size).toBe(1);
    expect(await send('mutation ($id: ID!) { deleteEvaluationSet(id: $id) { __typename } }', { id: setId })).toEqual({ __typename: 'ForbiddenProblem' });
    expect(await send('mutation ($id: ID!) { deleteEvaluationSet(id: $id) { ... on DeletedEvaluationSet { id } } }', { id: setId }, 'admin-key')).toEqual({ id: setId });
  });
});

describe('calibrateModel', () => {
  const CALIBRATE = 'mutation ($input: CalibrateModelInput!) { calibrateModel(input: $input) { __typename ... on Calibration { id scope version values { temperature coverage setThreshold } figures { itemCount coverage } } ... on Problem { message } } }';

  it('fits on a run, is in force until it is retired, and a channel goes before the workspace', async () => {
    const runId = await answered(await aSet(60));
    const made = await send(CALIBRATE, { input: { runId, coverage: 0.8 } }, 'admin-key');
    expect(made).toMatchObject({ __typename: 'Calibration', scope: 'workspace', values: { coverage: 0.8 }, figures: { itemCount: 60 } });
    const { calibrations } = app.world.services as unknown as { calibrations: { chooseFor(workspaceId: string, manifest: { sha256: string }, about: { language: null; channel: null }): Promise<{ version: string } | null> } };
    const chosen = () => calibrations.chooseFor('ws_1', { sha256: 'd' }, { language: null, channel: null });
    expect((await chosen())?.version).toBe(made['version']);
    await send('mutation ($id: ID!) { retireCalibration(id: $id) { ... on Calibration { id } } }', { id: made['id'] }, 'admin-key');
    expect(await chosen()).toBeNull();
    expect((await app.graphql('{ calibrations { version retiredAt } }')).data).toMatchObject({ calibrations: [{ version: made['version'] }] });
  });

  it('refuses a language with fewer than 200 items, a scope without a name, and who is no admin', async () => {
    const runId = await answered(await aSet(60));
    expect((await send(CALIBRATE, { input: { runId, scope: 'LANGUAGE', value: 'de' } }, 'admin-key'))['message']).toMatch(/at least 200 are needed for a language/);
    expect(await send(CALIBRATE, { input: { runId, scope: 'LANGUAGE' } }, 'admin-key')).toMatchObject({ __typename: 'BadInputProblem' });
    expect(await send(CALIBRATE, { input: { runId } })).toMatchObject({ __typename: 'ForbiddenProblem' });
  });
});
