import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureOperation } from '../../src/http/operation-limits.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ limits: { queryBytes: 100_000 } });
  for (let warmUp = 0; warmUp < 5; warmUp++) await app.graphql('{ viewer { role } }');
});
afterAll(() => app.close());

/** CPU time of this process, client and server together, in milliseconds: a busy machine does not lengthen it. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const nested = (levels: number): string => `{ recordings { nodes { ${'latestAnalysis { recording { '.repeat(levels)} id ${'} }'.repeat(levels)} } } }`;
const fragments = `query { ...F0 } ${Array.from({ length: 25 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`).join(' ')} fragment F25 on Query { a: viewer { keyId } }`;

describe('queries that cost too much', () => {
  it.each([
    ['deep nesting', nested(10)],
    ['many aliases', `{ ${Array.from({ length: 40 }, (_, index) => `a${index}: viewer { keyId }`).join(' ')} }`],
    ['aliases doubled by fragments twenty-five times over', fragments],
    ['many root fields', `{ ${'viewer { keyId } '.repeat(25)} }`],
    ['many tokens', `{ viewer { ${'keyId '.repeat(3000)} } }`],
    ['many directives', `{ viewer { keyId ${'@include(if: true) '.repeat(1000)} } }`],
    ['a huge page', '{ recordings(first: 100000000) { nodes { id } } }'],
    ['pages within pages', '{ recordings(first: 200) { nodes { analyses(first: 200) { nodes { segments(first: 200) { nodes { id } } } } } } }'],
    ['a huge body', `{ viewer { keyId } } # ${'x'.repeat(100_000)}`],
  ])('%s is refused with 400 QUERY_TOO_COMPLEX before anything runs', async (_name, query) => {
    app.world.queries.length = 0;
    const startedMs = cpuMs();
    const { status, errors, data } = await app.graphql(query);
    expect({ status, codes: errors?.map((error) => error.extensions.code), data }).toEqual({ status: 400, codes: ['QUERY_TOO_COMPLEX'], data: undefined });
    expect(app.world.queries).toEqual([]);
    expect(cpuMs() - startedMs).toBeLessThan(100);
  });

  it('a huge page in a variable counts as one in the text, and so does the default of a variable', async () => {
    expect((await app.graphql('query ($n: Int) { recordings(first: $n) { nodes { id } } }', { n: 100_000_000 })).errors?.[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX');
    expect((await app.graphql('query ($n: Int = 100000000) { recordings(first: $n) { nodes { id } } }')).errors?.[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX');
    const overGet = await fetch(`${app.url}/graphql?${new URLSearchParams({ query: 'query ($n: Int) { recordings(first: $n) { nodes { id } } }', variables: '{"n":100000000}' }).toString()}`, { headers: { Authorization: 'Bearer viewer-key', 'apollo-require-preflight': 'true' } });
    expect(await overGet.json()).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] });
  });

  it('a field repeated as often as the tokens allow is given up by validation, not compared with itself two million times', async () => {
    const startedMs = cpuMs();
    expect((await app.graphql(`{ viewer { ${'keyId '.repeat(1990)} } }`)).status).toBe(400);
    expect(cpuMs() - startedMs).toBeLessThan(500);
  });

  it('a fragment that spreads itself is refused as invalid, not walked for ever', async () => {
    const { status, errors } = await app.graphql('{ viewer { ...A } } fragment A on Viewer { keyId ...B } fragment B on Viewer { ...A }');
    expect({ status, code: errors?.[0]?.extensions.code }).toEqual({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  it.each([
    ['{ viewer {', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ recordings(first: "x") { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('%s is answered with 400 %s', async (query, code) => {
    const { status, errors } = await app.graphql(query);
    expect({ status, code: errors?.[0]?.extensions.code }).toEqual({ status: 400, code });
  });

  it('a page of fifty recordings with their summaries is well within the limits', async () => {
    const query = '{ recordings(first: 50) { totalCount nodes { id fileName createdAt durationSeconds latestAnalysis { id status summary { label confidence scores { label score } } warnings { code } } } pageInfo { hasNextPage endCursor } } models { id state } viewer { role } }';
    expect((await app.graphql(query)).errors).toBeUndefined();
  });

  it('the cost of a list is counted once for a connection and ten times for a plain list', () => {
    const schema = buildSchema('type Query { items(first: Int = 7): ItemConnection plain: [Item!]! } type ItemConnection { nodes: [Item!]! } type Item { id: ID }');
    const costOf = (query: string): number => {
      try {
        measureOperation(schema, { queryDepth: 9, queryAliases: 9, queryRootFields: 9, queryTokens: 99, queryCost: 0 }, query, {});
        return 0;
      } catch (error) {
        return (error as { details: { measured: number } }).details.measured;
      }
    };
    expect(costOf('{ items { nodes { id } } }')).toBe(1 + 7 * 2);
    expect(costOf('{ items(first: 3) { nodes { id } } }')).toBe(1 + 3 * 2);
    expect(costOf('{ plain { id } }')).toBe(1 + 10);
    expect(costOf('{ plain { ...F } } fragment F on Item { id }')).toBe(1 + 10);
  });
});

describe('faults of a request that libraries word', () => {
  it.each([
    ['an unknown persisted query', { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }],
    ['a file that is none', { query: 'mutation ($file: Upload!) { uploadRecording(file: $file) { __typename } }', variables: { file: 'x' } }],
    ['an operation that is not there', { query: 'query A { viewer { role } }', operationName: 'B' }],
    ['a variable of another type', { query: 'query ($first: Int) { recordings(first: $first) { totalCount } }', variables: { first: 'many' } }],
  ])('%s has a code of ours', async (_name, body) => {
    const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer analyst-key' }, body: JSON.stringify(body) });
    expect(((await response.json()) as { errors: readonly { extensions: object }[] }).errors.map(({ extensions }) => extensions)).toEqual([{ code: 'BAD_INPUT', retryable: false }]);
  });
});

describe('introspection', () => {
  it('is answered where the setting allows it', async () => {
    expect((await app.graphql('{ __schema { queryType { name } } }')).data).toEqual({ __schema: { queryType: { name: 'Query' } } });
  });

  it('is refused where it does not, and errors then suggest no names', async () => {
    const closed = await startTestApp({ introspection: false });
    try {
      expect((await closed.graphql('{ __schema { queryType { name } } }')).status).toBe(400);
      const { errors } = await closed.graphql('{ viewe { keyId } }');
      expect(errors?.[0]?.message).not.toContain('viewer');
    } finally {
      await closed.close();
    }
  });
});
