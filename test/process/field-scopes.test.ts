import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES, type Scope } from '../../src/domain/scopes.js';
import { FIELD_SCOPES, ROUTE_SCOPES } from '../support/field-scopes.js';
import { routesOf } from '../support/routes.js';
import { NO_SUCH_ID, SchemaWalk } from '../support/schema-walk.js';
import { askWith } from '../support/walk-client.js';
import { openTwoWorkspaces, RULE, type TwoWorkspaces } from '../support/two-workspaces.js';

let world: TwoWorkspaces;
let walk: SchemaWalk;
const made = new Map<string, Promise<string>>();
/** Routes that no scope opens: everybody's, those of GraphQL (whose fields ask), the own session, and figures of the process. */
const NOT_BY_SCOPE = new Set(['/', '/graphql', '/healthz', '/readyz', '/metrics', '/schemas/rule.json', '/session', '/.well-known/webhooks/:id/jwks.json']);

beforeAll(async () => {
  world = await openTwoWorkspaces();
  walk = new SchemaWalk(world.schema, { JSON: RULE, RuleTargetInput: { definition: RULE }, SimilarityTarget: { segmentId: NO_SUCH_ID } });
}, 120_000);
afterAll(() => world.close());

/** Nobody makes a key with more than the own scopes. */
const SENT: Readonly<Record<string, Record<string, unknown>>> = { 'Mutation.createApiKey': { input: { name: 'probe', role: 'admin', scopes: ['keys:admin'] } } };

/** The secret of an admin key that has these scopes alone. */
function keyOf(scopes: readonly Scope[]): Promise<string> {
  const name = scopes.join(' ');
  const given = made.get(name) ?? world.platform.services.keys.create(world.tenants[0].principal, { name: name.slice(0, 100), role: 'admin', expiresAt: null, scopes }).then(({ secret }) => secret);
  made.set(name, given);
  return given;
}
const without = (scope: Scope): Promise<string> => keyOf(SCOPES.filter((one) => one !== scope));
const isRefused = (answer: string): boolean => answer.includes('"FORBIDDEN"') || answer.includes('"ForbiddenProblem"');

describe('scopes', () => {
  it('are stated for every root field of the schema and for nothing else', () => {
    expect(walk.rootFields().map(({ name }) => name).sort()).toEqual(Object.keys(FIELD_SCOPES).sort());
    expect([...new Set([...Object.values(FIELD_SCOPES), ...Object.values(ROUTE_SCOPES)].flat())].sort()).toEqual(SCOPES.filter((scope) => !['recordings:import', 'encryption:admin', 'policy:read'].includes(scope)).sort());
  });

  it('open the fields they are stated for, and a key with all others is refused by each of them', async () => {
    const wrong: string[] = [];
    for (const field of walk.rootFields()) {
      const { name, variables } = field;
      const needed = FIELD_SCOPES[name]!;
      const call = (secret: string): Promise<string> => askWith(world.url, secret, field, SENT[name] ?? variables, { mayBeSilent: true });
      for (const scope of needed) if (!isRefused(await call(await without(scope)))) wrong.push(`${name} is open to a key without ${scope}`);
      if (isRefused(await call(await keyOf(needed.length === 0 ? ['policy:read'] : needed)))) wrong.push(`${name} needs more than ${needed.join(' and ') || 'nothing'}`);
    }
    expect(wrong).toEqual([]);
    // Some three hundred requests, one after another.
  }, 180_000);

  it('are asked for by every route that a key opens', async () => {
    const known = routesOf(world.app).filter(({ path, method }) => !NOT_BY_SCOPE.has(path) && method !== 'OPTIONS');
    expect(known.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(Object.keys(ROUTE_SCOPES).sort());
    for (const [route, needed] of Object.entries(ROUTE_SCOPES)) {
      const [method = '', path = ''] = route.split(' ');
      const call = async (secret: string): Promise<number> => (await fetch(world.url + path.replace(/:\w+/, `${NO_SUCH_ID}${path.startsWith('/analyses') ? '.json' : '.npy'}`), { method, headers: { Authorization: `Bearer ${secret}` }, ...(method === 'PUT' ? { body: 'not audio' } : {}) })).status;
      for (const scope of needed) expect(await call(await without(scope)), `${route} without ${scope}`).toBe(403);
      expect(await call(await keyOf(needed)), `${route} with ${needed.join(' and ')}`).not.toBe(403);
    }
  });

  it('are told to whoever asks who they are', async () => {
    const viewer = walk.rootFields().find(({ name }) => name === 'Query.viewer')!;
    const answer = await askWith(world.url, await keyOf(['usage:read']), viewer.selecting('{ role scopes }'), {});
    expect(JSON.parse(answer)).toMatchObject({ data: { viewer: { role: 'admin', scopes: ['usage:read'] } } });
  });
});
