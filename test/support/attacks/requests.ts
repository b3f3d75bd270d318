import { graphql, MAX_UPLOAD_BYTES, rawExchange, toldBy, type Attack, type AttackTarget } from '../attack-target.js';

const UPLOAD = 'mutation ($file: Upload!) { uploadRecording(file: $file) { __typename ... on Problem { code } } }';
const CREATE_WEBHOOK = 'mutation ($url: String!) { createWebhook(input: { url: $url, events: [ALERT_RAISED] }) { __typename ... on Problem { code } } }';

/** A request with fetch; of an analyst unless its headers say otherwise. */
function request(name: string, source: string, sends: string, expects: string, path: string, init: RequestInit | ((target: AttackTarget) => RequestInit)): Attack {
  return {
    name, source, sends, expects,
    run: async (target) => {
      const { headers, ...rest } = typeof init === 'function' ? init(target) : init;
      return toldBy(await fetch(target.url + path, { ...rest, headers: { Authorization: `Bearer ${target.keys.analyst}`, ...(headers as Record<string, string>) } }));
    },
  };
}

/** A request that no honest client library would write; it ends by a clock where it drips. */
function raw(name: string, source: string, sends: string, expects: string, lines: (target: AttackTarget) => readonly string[], drip: Parameters<typeof rawExchange>[2] = null): Attack {
  return { name, source, sends, expects, isSlow: drip !== null, run: (target) => rawExchange(target.port, lines(target).join('\r\n'), drip) };
}

const host = 'Host: 127.0.0.1';
const bearer = ({ keys }: AttackTarget): string => `Authorization: Bearer ${keys.analyst}`;
const json = (body: string): RequestInit => ({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body });

/** A multipart request of operations, map and so many files. */
function form(operations: string, map: unknown, files: number): RequestInit {
  const body = new FormData();
  body.append('operations', operations);
  body.append('map', JSON.stringify(map));
  for (let index = 0; index < files; index++) body.append(String(index), new Blob(['x']), 'a.wav');
  return { method: 'POST', headers: { 'apollo-require-preflight': 'true' }, body };
}
const oneUpload = JSON.stringify({ query: UPLOAD, variables: { file: null } });

function webhook(what: string, url: string): Attack {
  return { name: `webhook to ${what}`, source: 'OWASP API7', sends: `\`${url}\``, expects: '200 BAD_INPUT', run: (target) => graphql(target, target.keys.admin, CREATE_WEBHOOK, { url }) };
}

/** What is wrong with the request around the query. */
export const REQUEST_ATTACKS: readonly Attack[] = [
  request('CSRF by an image', 'OWASP GraphQL', 'a simple GET', '400 BAD_INPUT', '/graphql?query={viewer{role}}', {}),
  request('CSRF by a form of text', 'OWASP GraphQL', 'POST of `text/plain`', '400 BAD_INPUT', '/graphql', { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: `{"query":"{ viewer { role } }"}` }),
  request('CSRF by a form', 'OWASP GraphQL', 'POST of `application/x-www-form-urlencoded`', '415 BAD_INPUT', '/graphql', { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'query={viewer{role}}' }),
  request('CSRF by a form with a file', 'measured', 'multipart without the header', '400 CSRF_REFUSED', '/graphql', () => ({ ...form(oneUpload, { 0: ['variables.file'] }, 1), headers: {} })),
  request('mutation by a link', 'OWASP GraphQL', 'a mutation over GET', '405 BAD_INPUT', `/graphql?query=${encodeURIComponent('mutation { cancelAnalysis(id: "x") { __typename } }')}`, { headers: { 'apollo-require-preflight': 'true' } }),
  request('huge multipart map', 'measured', 'a map of 20,000 places', '400 BAD_INPUT', '/graphql', form(oneUpload, { 0: Array.from({ length: 20_000 }, () => 'variables.file') }, 1)),
  request('multipart map into a prototype', 'OWASP API3', 'a map to `__proto__.polluted`', '400 BAD_INPUT', '/graphql', form(oneUpload, { 0: ['__proto__.polluted'] }, 1)),
  request('many files', 'measured', '100 files', '400 BAD_INPUT', '/graphql', form(oneUpload, Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index, ['variables.file']])), 100)),
  request('batching by multipart', 'OWASP GraphQL', 'a list of 50 operations', '400 BAD_INPUT', '/graphql', form(JSON.stringify(Array.from({ length: 50 }, () => ({ query: UPLOAD, variables: { file: null } }))), { 0: ['0.variables.file'] }, 1)),
  request('file above the limit', 'OWASP API4', 'an upload of 2 MiB where 1 is allowed', '413 UPLOAD_TOO_LARGE', '/recordings', () => ({ method: 'PUT', body: new Uint8Array(2 * MAX_UPLOAD_BYTES) })),
  request('packed body', 'OWASP API4', '`Content-Encoding: gzip`', '400 BAD_INPUT', '/recordings', { method: 'PUT', headers: { 'Content-Encoding': 'gzip' }, body: 'x' }),
  request('packed query', 'OWASP API4', 'JSON under `Content-Encoding: gzip`', '400 BAD_INPUT', '/graphql', { ...json('\x1f\x8b'), headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' } }),
  request('packed form', 'OWASP API4', 'multipart under `Content-Encoding: gzip`', '400 BAD_INPUT', '/graphql', () => ({ ...form(oneUpload, { 0: ['variables.file'] }, 1), headers: { 'apollo-require-preflight': 'true', 'Content-Encoding': 'gzip' } })),
  request('path traversal in an address', 'OWASP API8', '`/recordings/..%2f..%2fetc%2fpasswd/audio`', '404 NOT_FOUND', '/recordings/..%2f..%2f..%2fetc%2fpasswd/audio', {}),
  request('path traversal in a file of vectors', 'OWASP API8', '`/embeddings/..%2f..%2fapi.key.npy`', '404 NOT_FOUND', '/embeddings/..%2f..%2fapi.key.npy', {}),
  request('path traversal in a file of the page', 'OWASP API8', '`/assets/..%2f..%2fpackage.json`', '404 NOT_FOUND', '/assets/..%2f..%2fpackage.json', {}),
  request('doubled parameters', 'OWASP API8', '`title` twice', '400 BAD_INPUT', '/recordings?title=a&title=b', { method: 'PUT', body: 'x' }),
  request('prototype pollution', 'OWASP API3', '`__proto__` in the JSON of a request', '400 BAD_INPUT', '/graphql', json('{"query":"{ viewer { role } }","__proto__":{"isAdmin":true}}')),
  request('prototype pollution by a constructor', 'OWASP API3', '`constructor.prototype` in the JSON of a request', '400 BAD_INPUT', '/graphql', json('{"query":"{ viewer { role } }","constructor":{"prototype":{"isAdmin":true}}}')),
  {
    name: "another page with a session's cookie", source: 'OWASP GraphQL', sends: 'the cookie without `X-CSRF-Token`', expects: '400 CSRF_REFUSED',
    run: async ({ url, keys }) => {
      const session = await fetch(`${url}/session`, { method: 'POST', headers: { Authorization: `Bearer ${keys.analyst}` } });
      return toldBy(await fetch(`${url}/graphql`, { method: 'POST', headers: { Cookie: session.headers.get('set-cookie')!.split(';', 1)[0]!, 'Content-Type': 'application/json' }, body: '{"query":"{ viewer { role } }"}' }));
    },
  },
  webhook('the metadata of a cloud', 'https://169.254.169.254/latest/meta-data/'),
  webhook('this machine', 'https://127.0.0.1/'),
  webhook('this machine by a name', 'https://localhost/'),
  webhook('this machine as a number', 'https://2130706433/'),
  webhook('this machine over IPv6', 'https://[::ffff:127.0.0.1]/'),
  webhook('a private network', 'https://10.0.0.1/'),
  webhook('an address without TLS', 'http://example.org/'),
  webhook('a file', 'file:///etc/passwd'),
  raw('upload flood', 'measured', '200 MB announced', '413 UPLOAD_TOO_LARGE', (target) => ['PUT /recordings HTTP/1.1', host, bearer(target), 'Content-Length: 200000000', '', 'x'.repeat(1000)]),
  raw('header flood', 'OWASP API4', '100 kB of headers', '431 BAD_INPUT', (target) => ['GET /graphql HTTP/1.1', host, bearer(target), ...Array.from({ length: 1000 }, (_, index) => `X-Flood-${index}: ${'x'.repeat(90)}`), '', '']),
  raw('Host that is none', 'OWASP API8', '`Host: evil"><script>`', '400 BAD_INPUT', (target) => ['GET /graphql HTTP/1.1', 'Host: evil"><script>', bearer(target), '', '']),
  raw('two Hosts', 'OWASP API8', 'a second `Host`', '400 BAD_INPUT', (target) => ['GET /graphql HTTP/1.1', host, 'Host: evil.example', bearer(target), '', '']),
  raw('a name that leads here', 'measured', '`/metrics` of `Host: evil.example` from this machine, as a page whose name was made to lead here would', '401 UNAUTHENTICATED', () => ['GET /metrics HTTP/1.1', 'Host: evil.example', '', '']),
  raw('smuggled request', 'OWASP API8', 'Content-Length beside chunks', '400 BAD_INPUT', (target) => ['POST /graphql HTTP/1.1', host, bearer(target), 'Content-Length: 4', 'Transfer-Encoding: chunked', '', '0', '', 'GET /metrics HTTP/1.1', host, '', '']),
  raw('slow body', 'measured', 'a byte every 200 ms', '400 UPLOAD_ABORTED', (target) => ['PUT /recordings HTTP/1.1', host, bearer(target), 'Content-Length: 500000', '', ''], { text: 'x', everyMs: 200 }),
  raw('slow headers', 'measured', 'a header every 200 ms', '408 UPLOAD_ABORTED', () => ['GET /healthz HTTP/1.1', host, ''], { text: 'X-A: b\r\n', everyMs: 200 }),
];
