import { graphql, toldBy, type Attack } from '../attack-target.js';

const nested = (levels: number): string => `{ recordings { nodes { ${'latestAnalysis { recording { '.repeat(levels)} id ${'} }'.repeat(levels)} } } }`;
const times = (count: number, each: (index: number) => string): string => Array.from({ length: count }, (_, index) => each(index)).join(' ');
const CYCLE = '{ viewer { ...A } } fragment A on Viewer { keyId ...B } fragment B on Viewer { ...A }';
const DOUBLING = `query { ...F0 } ${times(25, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)} fragment F25 on Query { a: viewer { keyId } }`;
const OVERLAPPING = `{ viewer { ${times(60, (index) => `...F${index}`)} } } ${times(60, (index) => `fragment F${index} on Viewer { keyId role keyId role ... on Viewer { keyId } }`)}`;
const PAGES = '{ recordings(first: 200) { nodes { analyses(first: 200) { nodes { segments(first: 200) { nodes { id } } } } } } }';
const INTROSPECTION = '{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }';
const GRAPHQL_SHEET = 'OWASP GraphQL';

/** An attack that is one query of somebody with the smallest of keys. */
function query(name: string, source: string, sends: string, expects: string, text: string, variables: Readonly<Record<string, unknown>> = {}): Attack {
  return { name, source, sends, expects, run: (target) => graphql(target, target.keys.viewer, text, variables) };
}

/** Queries that would cost much or tell much. */
export const QUERY_ATTACKS: readonly Attack[] = [
  query('deep nesting', 'measured', 'recording in analysis in recording, 22 levels', '400 QUERY_TOO_COMPLEX', nested(10)),
  query('deep nesting past the parser', GRAPHQL_SHEET, 'recording in analysis in recording, 600 levels', '400 QUERY_TOO_COMPLEX', nested(300)),
  query('aliases', 'measured', 'one field under 40 names', '400 QUERY_TOO_COMPLEX', `{ ${times(40, (index) => `a${index}: viewer { keyId }`)} }`),
  query('guesses under aliases', 'OWASP API2', '100 ids asked for in one request', '400 QUERY_TOO_COMPLEX', `{ ${times(100, (index) => `a${index}: recording(id: "rec_${index}") { id }`)} }`),
  query('circular fragments', GRAPHQL_SHEET, 'two fragments that spread each other', '400 GRAPHQL_VALIDATION_FAILED', CYCLE),
  query('fragment bomb', 'measured', 'fragments that double 25 times over', '400 QUERY_TOO_COMPLEX', DOUBLING),
  query('overlapping fragments', 'measured', '60 fragments of the same fields in one selection, then an unknown field', '400 GRAPHQL_VALIDATION_FAILED', OVERLAPPING.replace('{ viewer {', '{ viewer { nothing')),
  query('directive overload', 'measured', '1,000 directives on one field', '400 QUERY_TOO_COMPLEX', `{ viewer { keyId ${'@include(if: true) '.repeat(1000)} } }`),
  query('directives within the tokens', GRAPHQL_SHEET, '200 directives on one field', '400 GRAPHQL_VALIDATION_FAILED', `{ viewer { keyId ${'@include(if: true) '.repeat(200)} } }`),
  query('token flood', 'measured', '3,000 names', '400 QUERY_TOO_COMPLEX', `{ viewer { ${'keyId '.repeat(3000)} } }`),
  query('field duplication', 'measured', 'one field 1,990 times, within the tokens', '400 GRAPHQL_VALIDATION_FAILED', `{ viewer { ${'keyId '.repeat(1990)} } }`),
  query('root fields', 'measured', 'one root field 25 times', '400 QUERY_TOO_COMPLEX', `{ ${'viewer { keyId } '.repeat(25)} }`),
  query('huge page', 'measured', '`first: 100000000`', '400 QUERY_TOO_COMPLEX', '{ recordings(first: 100000000) { nodes { id } } }'),
  query('huge page in a variable', 'measured', '`first: $n` of 100000000', '400 QUERY_TOO_COMPLEX', 'query ($n: Int) { recordings(first: $n) { nodes { id } } }', { n: 100_000_000 }),
  query('page above the largest', 'OWASP API4', '`first: 201`', '200 PAGE_TOO_LARGE', '{ recordings(first: 201) { nodes { id } } }'),
  query('circular lists with pages', 'measured', '200 of 200 of 200', '400 QUERY_TOO_COMPLEX', PAGES),
  query('huge query', 'measured', 'a comment of 300 kB', '400 QUERY_TOO_COMPLEX', `{ viewer { keyId } } # ${'x'.repeat(300_000)}`),
  query('huge variables', GRAPHQL_SHEET, 'a variable of 300 kB', '400 QUERY_TOO_COMPLEX', 'query ($id: ID!) { recording(id: $id) { id } }', { id: 'x'.repeat(300_000) }),
  query('many operations', GRAPHQL_SHEET, '200 operations, none named', '400 BAD_INPUT', times(200, (index) => `query Q${index} { viewer { role } }`)),
  query('introspection', 'OWASP API8', '`__schema`, nested, where introspection is off', '400 GRAPHQL_VALIDATION_FAILED', INTROSPECTION),
  query('suggestions', GRAPHQL_SHEET, 'a name with one letter missing', '400 GRAPHQL_VALIDATION_FAILED', '{ viewe { keyId } }'),
  query('suggestions in a variable', GRAPHQL_SHEET, 'an order that there is not', '400 BAD_INPUT', 'query ($o: RecordingOrder) { recordings(orderBy: $o) { totalCount } }', { o: { field: 'createdA' } }),
  query('forged cursor', 'OWASP API8', "`after: \"' OR 1=1 --\"`", '200 BAD_CURSOR', '{ recordings(after: "\' OR 1=1 --") { nodes { id } } }'),
  query('huge text to search for', 'OWASP API4', 'a search of 20,000 letters', '200 BAD_INPUT', 'query ($t: String) { recordings(filter: { search: $t }) { nodes { id } } }', { t: 'a'.repeat(20_000) }),
  query('statistics over all times', 'OWASP API4', 'hours of 9,000 years', '200 BAD_INPUT', '{ statistics(from: "0001-01-01T00:00:00Z", to: "9999-12-31T00:00:00Z", bucket: HOUR) { __typename } }'),
  {
    name: 'deep variables', source: 'OWASP API4', sends: '50,000 lists in each other in a variable', expects: '400 BAD_INPUT',
    run: async ({ url, keys }) => toldBy(await fetch(`${url}/graphql`, {
      method: 'POST', headers: { Authorization: `Bearer ${keys.viewer}`, 'Content-Type': 'application/json' },
      body: `{"query":"query ($id: ID!) { recording(id: $id) { id } }","variables":{"id":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
    })),
  },
  {
    name: 'array batching', source: GRAPHQL_SHEET, sends: '100 operations in a list', expects: '400 BAD_INPUT',
    run: async ({ url, keys }) => toldBy(await fetch(`${url}/graphql`, { method: 'POST', headers: { Authorization: `Bearer ${keys.viewer}`, 'Content-Type': 'application/json' }, body: JSON.stringify(Array.from({ length: 100 }, () => ({ query: '{ viewer { role } }' }))) })),
  },
];
