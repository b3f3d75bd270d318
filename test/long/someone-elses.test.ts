import { afterAll, beforeAll, expect, it } from 'vitest';
import { intervalOf, resampleClusters, seededRandom } from '../../src/domain/bootstrap.js';
import { openTwoWorkspaces, type TwoWorkspaces } from '../support/two-workspaces.js';

/** Rounds of each request with each id, in an order that is drawn anew each time. */
const ROUNDS = 150;
const WARM_UP = 20;
/** Of the median request. Someone else's rows are never read, so there is nothing to tell by; the bound is for a machine that others use. */
const ALLOWED_SHARE = 0.1;

let world: TwoWorkspaces;
let ids: Readonly<Record<'recording' | 'analysis' | 'segment' | 'embedding' | 'alert', string>>;
beforeAll(async () => {
  world = await openTwoWorkspaces();
  const [owner] = world.tenants;
  const { segmentId } = await owner.seed('theirs');
  const { services } = world.platform;
  const page = { first: 1, after: null };
  const [analysis] = (await services.analyses.list(owner.principal, page, {})).items;
  const [embedding] = await services.embeddings.forSegments(owner.principal, [segmentId]);
  const [alert] = (await services.alerts.list(owner.principal, page, {})).items;
  ids = { recording: analysis!.recordingId, analysis: analysis!.id, segment: segmentId, embedding: embedding!.id, alert: alert!.id };
}, 180_000);
afterAll(() => world.close());

/** Of the same form and length, and nobody's. */
const nobodys = (id: string, sign: string): string => `${id.slice(0, -6)}${sign.repeat(6)}`;
const graphql = (query: string) => async (id: string): Promise<string> => send('/graphql', { method: 'POST', body: JSON.stringify({ query, variables: { id } }) });
const download = (path: (id: string) => string) => async (id: string): Promise<string> => send(path(id), {});
async function send(path: string, init: RequestInit): Promise<string> {
  const response = await fetch(world.url + path, { ...init, headers: { authorization: `Bearer ${world.tenants[1].secret}`, 'content-type': 'application/json' } });
  return `${response.status} ${await response.text()}`;
}

const REQUESTS: readonly (readonly [string, keyof typeof ids, (id: string) => Promise<string>])[] = [
  ['a recording', 'recording', graphql('query($id: ID!) { recording(id: $id) { id fileName } }')],
  ['an analysis with its segments', 'analysis', graphql('query($id: ID!) { analysis(id: $id) { id segments(first: 5) { totalCount } } }')],
  ['what sounds like a segment', 'segment', graphql('query($id: ID!) { similarSegments(to: { segmentId: $id }) { similarity } }')],
  ['an alert', 'alert', graphql('query($id: ID!) { alert(id: $id) { id } }')],
  ['deleting a recording', 'recording', graphql('mutation($id: ID!) { deleteRecording(id: $id) { __typename ... on Problem { code message } } }')],
  ['analysing a recording', 'recording', graphql('mutation($id: ID!) { analyzeRecording(input: { recordingId: $id }) { __typename ... on Problem { code message } } }')],
  ['cancelling an analysis', 'analysis', graphql('mutation($id: ID!) { cancelAnalysis(id: $id) { __typename ... on Problem { code message } } }')],
  ['acknowledging an alert', 'alert', graphql('mutation($id: ID!) { acknowledgeAlert(id: $id) { __typename ... on Problem { code message } } }')],
  ['its sound', 'recording', download((id) => `/recordings/${id}/audio`)],
  ['its report', 'analysis', download((id) => `/analyses/${id}.json`)],
  ['its vector', 'embedding', download((id) => `/embeddings/${id}.npy`)],
];

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

it("someone else's object is answered like nobody's: the same words in the same time", async ({ annotate }) => {
  const random = seededRandom(8);
  const figures: Record<string, object> = {};
  const faults: string[] = [];
  for (const [name, kind, ask] of REQUESTS) {
    const asked = [ids[kind], nobodys(ids[kind], 'a'), nobodys(ids[kind], 'b')];
    const answers = await Promise.all(asked.map(ask));
    // The words may repeat the id that was asked for, and nothing else of it; each request has an id of its own.
    const words = answers.map((answer, index) => answer.replaceAll(asked[index]!, 'ID').replaceAll(/"requestId":"[^"]*"/g, ''));
    if (words[0] !== words[1]) faults.push(`${name}: ${words[0]} is not ${words[1]}`);
    const times: number[][] = [[], [], []];
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      for (const index of [0, 1, 2].map((one) => [one, random()] as const).sort((a, b) => a[1] - b[1]).map(([one]) => one)) {
        const before = performance.now();
        await ask(asked[index]!);
        if (round >= 0) times[index]!.push(performance.now() - before);
      }
    }
    const requestMs = middle(times[1]!);
    const shares = (of: readonly number[]): number[] => of.map((ms, round) => (ms - times[1]![round]!) / requestMs);
    const [theirs, same] = [shares(times[0]!), shares(times[2]!)];
    const interval = intervalOf(resampleClusters(ROUNDS, { resamples: 500 }, (drawn) => middle([...drawn].map((round) => theirs[round]!))));
    figures[name] = { requestMs: Number(requestMs.toFixed(2)), differencePercent: Number((100 * middle(theirs)).toFixed(1)), low: Number((100 * interval.low).toFixed(1)), high: Number((100 * interval.high).toFixed(1)), samePercent: Number((100 * middle(same)).toFixed(1)) };
    // What cannot be told from nothing within the rounds is no difference; what can is one only above the bound.
    const surely = Math.max(interval.low, -interval.high, 0);
    if (surely > ALLOWED_SHARE) faults.push(`${name}: ${JSON.stringify(figures[name])}`);
  }
  await annotate(JSON.stringify(figures));
  expect(faults).toEqual([]);
}, 300_000);
