import { getNamedType, isObjectType, isScalarType, isEnumType, isNonNullType } from 'graphql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildApiSchema } from '../../src/resolvers/build-schema.js';
import { judged, reviewSubject } from '../support/fake-reviews.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const SEEN = '__typename ... on ReviewItem { id status label answerCount claimedUntil agreesWithModel modelLabel decisions { keyName kind label isFreeLabel note spentSeconds undoneBy } } ... on Problem { code message }';

describe('reviews over GraphQL', () => {
  let app: TestApp;
  let analysisId: string;
  let segmentIds: string[];
  beforeEach(async () => {
    // The whole schema under an item is more than anybody may ask for at once.
    app = await startTestApp({ limits: { queryTokens: 1_000_000, queryBytes: 50_000_000, queryCost: 1e12, queryDepth: 40 } });
    const { world } = app;
    const analysis = world.addAnalysis(world.addRecording());
    analysisId = analysis.id;
    segmentIds = [world.addSegment(analysis), world.addSegment(analysis)].map(({ id }) => id);
    world.reviewed.memory.subjects.push(reviewSubject(segmentIds.map((id, i) => judged(id, { label: 'angry', confidence: 0.7, startSeconds: i * 2 })), { recordingId: analysis.recordingId, analysisId }));
  });
  afterEach(() => app.close());
  const mutate = async (field: string, variables: Record<string, unknown> = {}, key?: string) => {
    const { data, errors } = await app.graphql(`mutation ($id: ID!) { ${field} { ${SEEN} } }`.replace('($id: ID!)', 'id' in variables ? '($id: ID!)' : ''), variables, key);
    expect(errors).toBeUndefined();
    return data![field.replace(/\(.*/s, '')] as Record<string, unknown> | null;
  };
  const enqueue = async (more = '') => (await mutate(`enqueueReview(input: { segmentId: "${segmentIds[0]!}" ${more} })`))!['id'] as string;

  it('are queued, claimed, resolved, shown with the analysis and the segment, and taken back', async () => {
    const id = await enqueue('note: "odd"');
    const queue = await app.graphql('{ reviewQueue(first: 5, filter: { isClaimable: true }) { totalCount pageInfo { hasNextPage } nodes { id priority reasons { kind message } labels audioUrl recording { id } analysis { id } segment { id prediction { label } } } } }');
    expect(queue.data!['reviewQueue']).toMatchObject({ totalCount: 1, nodes: [{ id, priority: 60, reasons: [{ kind: 'BY_HAND', message: 'odd' }], labels: ['angry', 'happy', 'neutral', 'sad'], audioUrl: expect.stringContaining('/audio?') as string, analysis: { id: analysisId }, segment: { id: segmentIds[0], prediction: { label: 'angry' } } }] });
    expect(await mutate('claimNextReview')).toMatchObject({ id, claimedUntil: expect.any(String) as string });
    expect(await mutate('claimNextReview')).toBeNull();
    expect(await mutate(`resolveReview(input: { id: "${id}", label: "sad", note: "tears", spentSeconds: 12 })`)).toMatchObject({ __typename: 'ReviewItem', status: 'RESOLVED', label: 'sad', modelLabel: 'angry', agreesWithModel: false, decisions: [{ keyName: 'analyst-key', kind: 'ANSWER', note: 'tears', spentSeconds: 12 }] });
    const shown = await app.graphql('query ($id: ID!) { analysis(id: $id) { summary { label } reviews { id label } segments { nodes { reviews { id } } } } }', { id: analysisId });
    expect(shown.data!['analysis']).toEqual({ summary: { label: 'happy' }, reviews: [{ id, label: 'sad' }], segments: { nodes: [{ reviews: [{ id }] }, { reviews: [] }] } });
    expect(await mutate('undoReview(id: $id)', { id })).toMatchObject({ status: 'PENDING', label: null, decisions: [{ undoneBy: 'analyst-key' }] });
  });

  it('answer problems as values: too small a role, a wrong label, a taken place, an unknown id', async () => {
    const id = await enqueue();
    expect(await mutate('claimReview(id: $id)', { id }, 'viewer-key')).toMatchObject({ __typename: 'ForbiddenProblem' });
    expect(await mutate(`resolveReview(input: { id: "${id}", label: "anger" })`)).toMatchObject({ __typename: 'BadInputProblem', message: expect.stringContaining('"angry"') as string });
    expect(await mutate('claimReview(id: $id)', { id })).toMatchObject({ __typename: 'ReviewItem' });
    expect(await mutate('claimReview(id: $id)', { id }, 'admin-key')).toMatchObject({ __typename: 'ConflictProblem' });
    expect(await mutate('releaseReview(id: $id)', { id })).toMatchObject({ claimedUntil: null });
    expect(await mutate('skipReview(id: $id, note: "later")', { id })).toMatchObject({ decisions: [{ kind: 'SKIP', note: 'later' }] });
    expect(await mutate('assignReview(id: $id, keyIds: ["key_none"])', { id })).toMatchObject({ __typename: 'BadInputProblem' });
    expect(await mutate('dismissReview(id: $id, reason: "a test")', { id })).toMatchObject({ status: 'DISMISSED' });
    expect(await mutate('claimReview(id: $id)', { id }, 'other-key')).toMatchObject({ __typename: 'NotFoundProblem' });
    expect((await app.graphql('query ($id: ID!) { reviewItem(id: $id) { id } }', { id }, 'other-key')).data).toEqual({ reviewItem: null });
  });

  it('follow a policy that admins set', async () => {
    const set = (key: string) => app.graphql('mutation { setReviewPolicy(input: { randomRate: 0.05, contradictionBelow: null, unit: ANALYSIS }) { ... on ReviewPolicy { unit randomRate contradictionBelow lowConfidenceBelow requiredCount claimMinutes } ... on ForbiddenProblem { neededRole } } }', {}, key);
    expect((await set('analyst-key')).data).toEqual({ setReviewPolicy: { neededRole: 'admin' } });
    expect((await set('admin-key')).data).toEqual({ setReviewPolicy: { unit: 'ANALYSIS', randomRate: 0.05, contradictionBelow: null, lowConfidenceBelow: null, requiredCount: 1, claimMinutes: 30 } });
    expect((await app.graphql('{ reviewPolicy { randomRate maxItemsPerAnalysis isBlind abstained } }', {}, 'viewer-key')).data).toEqual({ reviewPolicy: { randomRate: 0.05, maxItemsPerAnalysis: 10, isBlind: false, abstained: false } });
  });

  it('are downloaded as CSV and JSON once settled, with a key or by a signed link, and measured', async () => {
    const id = await enqueue('isBlind: true');
    const download = async (path: string, headers: Record<string, string> = { Authorization: 'Bearer viewer-key' }) => fetch(app.url + path, { headers });
    expect(await (await download('/reviews.json')).json()).toEqual([]);
    await mutate(`resolveReview(input: { id: "${id}", label: "angry" })`);
    const { csvUrl, jsonUrl } = (await app.graphql('{ reviewExports { csvUrl jsonUrl } }')).data!['reviewExports'] as { csvUrl: string; jsonUrl: string };
    const csv = await download(csvUrl, {});
    expect([csv.status, csv.headers.get('content-type'), csv.headers.get('content-disposition')]).toEqual([200, 'text/csv; charset=utf-8', 'attachment; filename="reviews.csv"']);
    expect((await csv.text()).split('\n')).toEqual([expect.stringMatching(/^review_id,/) as string, expect.stringContaining(`${id},`) as string, '']);
    expect(await (await download(jsonUrl, {})).json()).toMatchObject([{ id, label: 'angry', modelLabel: 'angry', decisions: [{ label: 'angry', sawModelAnswer: false }] }]);
    expect(await (await download('/reviews.json?after=2030-01-01T00:00:00Z')).json()).toEqual([]);
    expect([(await download('/reviews.csv', {})).status, (await download('/reviews.csv?after=soon')).status, (await download('/reviews.json', { Authorization: 'Bearer other-key' })).status]).toEqual([401, 400, 200]);
    const { data } = await app.graphql('{ reviewAgreement(filter: { unseenOnly: true }) { itemCount answerCount isComplete alpha { value low } pairs { aName bName itemCount observed kappa { value } } reviewers { keyName answerCount withModel { observed kappa { value } } } model { itemCount observed low high } } }');
    expect(data!['reviewAgreement']).toMatchObject({ itemCount: 1, answerCount: 1, isComplete: true, alpha: { value: null, low: null }, pairs: [], reviewers: [{ keyName: 'analyst-key', withModel: { observed: 1, kappa: { value: null } } }], model: { itemCount: 1, observed: 1, high: 1 } });
  });

  it('that are blind reveal nothing of the model through any field of theirs, however deep, until they are answered', async () => {
    const id = await enqueue('isBlind: true');
    const query = `query ($id: ID!) { reviewItem(id: $id) ${everythingUnder('ReviewItem', 4)} reviewQueue { nodes ${everythingUnder('ReviewItem', 2)} edges { node { analysis { id } } } } }`;
    expect(query).toMatch(/modelLabel[\s\S]*prediction[\s\S]*scores/);
    const hidden = await app.graphql(query, { id });
    expect(hidden.errors).toBeUndefined();
    expect(hidden.data!['reviewItem']).toMatchObject({ isHidden: true, modelLabel: null, modelConfidence: null, modelAbstained: null, reasons: null, analysis: null, segment: null, recording: null, agreesWithModel: null });
    const text = JSON.stringify(hidden.data).replaceAll('"labels":["angry","happy","neutral","sad"]', '');
    expect(text).not.toMatch(/angry|happy|0\.7\b|BY_HAND|LOW_CONFIDENCE/i);
    await mutate(`resolveReview(input: { id: "${id}", label: "sad" })`);
    const open = await app.graphql('query ($id: ID!) { reviewItem(id: $id) { isHidden modelLabel modelConfidence reasons { kind } analysis { summary { label } } segment { prediction { label } } } }', { id });
    expect(open.data!['reviewItem']).toEqual({ isHidden: false, modelLabel: 'angry', modelConfidence: 0.7, reasons: [{ kind: 'BY_HAND' }], analysis: { summary: { label: 'happy' } }, segment: { prediction: { label: 'angry' } } });
  });
});

const schema = buildApiSchema();

/** A selection of every field that needs no argument, down to a depth; what is seen on the way from the item is not gone through again. */
function everythingUnder(typeName: string, depth: number, path: readonly string[] = []): string {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new Error(`${typeName} is no object type`);
  const fields = Object.values(type.getFields()).filter(({ args }) => args.every((argument) => !isNonNullType(argument.type) || argument.defaultValue !== undefined)).flatMap(({ name, type: fieldType }) => {
    const named = getNamedType(fieldType);
    if (isScalarType(named) || isEnumType(named)) return [name];
    if (!isObjectType(named) || depth === 0 || path.includes(named.name)) return [];
    const inner = everythingUnder(named.name, depth - 1, [...path, typeName]);
    return inner === '{ }' ? [] : [`${name} ${inner}`];
  });
  return `{ ${fields.join(' ')} }`;
}
