import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { FAILED_KEYS, graphql, KEY_REQUESTS, toldBy, type Attack, type AttackTarget } from '../attack-target.js';

const VIEWER = '{ viewer { role } }';
const CREATE_KEY = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { __typename ... on Problem { code } } }';
const REFUSED = '401 UNAUTHENTICATED';
const claimsOf = ({ issuer }: AttackTarget) => ({ roles: ['admin'], sub: 'mallory', iss: issuer.url, aud: 'undertone' });

/** A token that is not what it says. */
function token(name: string, sends: string, forge: (target: AttackTarget) => Promise<string>): Attack {
  return { name, source: 'OWASP API2', sends, expects: REFUSED, run: async (target) => graphql(target, await forge(target), VIEWER) };
}

/** A change of a signed link. */
function link(name: string, sends: string, forge: (audioUrl: string, target: AttackTarget) => string, method = 'GET'): Attack {
  return { name, source: 'OWASP API1', sends, expects: REFUSED, run: async (target) => toldBy(await fetch(target.url + forge(target.audioUrl, target), { method })) };
}

function query(name: string, source: string, sends: string, expects: string, key: keyof AttackTarget['keys'], text: string, variables: (target: AttackTarget) => Record<string, unknown> = () => ({})): Attack {
  return { name, source, sends, expects, run: (target) => graphql(target, target.keys[key], text, variables(target)) };
}

const strangers = (target: AttackTarget): Record<string, unknown> => ({ id: target.strangersRecordingId });

/** Objects, functions and properties that are not the caller's, and identities that nobody gave. */
export const ACCESS_ATTACKS: readonly Attack[] = [
  query("another's recording, read", 'OWASP API1', 'its id', '200 null', 'admin', 'query ($id: ID!) { recording(id: $id) { id } }', strangers),
  query("another's recording, deleted", 'OWASP API1', 'its id', '200 NOT_FOUND', 'admin', 'mutation ($id: ID!) { deleteRecording(id: $id) { __typename ... on Problem { code } } }', strangers),
  query("another's recording, analysed", 'OWASP API1', 'its id', '200 NOT_FOUND', 'admin', 'mutation ($id: ID!) { analyzeRecording(input: { recordingId: $id }) { __typename ... on Problem { code } } }', strangers),
  {
    name: "another's recording, heard", source: 'OWASP API1', sends: 'its id at `/recordings/:id/audio`', expects: '404 NOT_FOUND',
    run: async ({ url, keys, strangersRecordingId }) => toldBy(await fetch(`${url}/recordings/${strangersRecordingId}/audio`, { headers: { Authorization: `Bearer ${keys.admin}` } })),
  },
  query('a function of admins', 'OWASP API5', 'a viewer makes an admin key', '200 FORBIDDEN', 'viewer', CREATE_KEY, () => ({ input: { name: 'x', role: 'admin' } })),
  query('deletion by a viewer', 'OWASP API5', 'a viewer deletes a recording', '200 FORBIDDEN', 'viewer', 'mutation ($id: ID!) { deleteRecording(id: $id) { __typename ... on Problem { code } } }', ({ recordingId }) => ({ id: recordingId })),
  query('operations by an analyst', 'OWASP API5', 'an analyst runs a scheduled task', '200 FORBIDDEN', 'analyst', 'mutation { runTask(id: "retention") { __typename ... on Problem { code } } }'),
  query('mass assignment of a workspace', 'OWASP API3', 'a key with `workspaceId` in its input', '400 BAD_INPUT', 'admin', CREATE_KEY, () => ({ input: { name: 'x', role: 'viewer', workspaceId: 'ws_other' } })),
  query('mass assignment of a state', 'OWASP API3', 'an analysis with `status` in its input', '400 BAD_INPUT', 'analyst', 'mutation ($input: AnalyzeRecordingInput!) { analyzeRecording(input: $input) { __typename } }', ({ recordingId }) => ({ input: { recordingId, status: 'SUCCEEDED' } })),
  query('a scope that there is not', 'OWASP API3', 'a key with the scope `*`', '200 BAD_INPUT', 'admin', CREATE_KEY, () => ({ input: { name: 'x', role: 'admin', scopes: ['*'] } })),
  query('reading by a webhook', 'OWASP API5', 'a key for webhooks alone stores a query of recordings', '200 FORBIDDEN', 'narrow', 'mutation { createWebhook(input: { url: "https://example.org/", events: [], query: "{ recordings { nodes { fileName } } }" }) { __typename ... on Problem { code } } }'),
  query('a link of a range that ends before it begins', 'measured', '`audioUrl(range: "bytes=9-5")`, which HTTP reads as the whole file', '200 BAD_INPUT', 'viewer', 'query ($id: ID!) { recording(id: $id) { audioUrl(range: "bytes=9-5") } }', ({ recordingId }) => ({ id: recordingId })),
  token('JWT without a signature', '`alg: none`', (target) => Promise.resolve(new UnsecuredJWT(claimsOf(target)).setExpirationTime('5m').encode())),
  token('JWT of confused algorithms', 'HS256 over the public key', (target) => new SignJWT(claimsOf(target)).setProtectedHeader({ alg: 'HS256', kid: 'first' }).setExpirationTime('5m').sign(new TextEncoder().encode(JSON.stringify(target.issuer.keys[0])))),
  token('JWT with its own key', 'a key in the header', async (target) => {
    const own = await generateKeyPair('ES256');
    return new SignJWT(claimsOf(target)).setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(own.publicKey) }).setExpirationTime('5m').sign(own.privateKey);
  }),
  token('JWT of an algorithm that is not pinned', 'ES384 of a true key', ({ issuer }) => issuer.token({ roles: ['admin'] }, { kid: 'weak' })),
  token('JWT for another service', 'another audience', ({ issuer }) => issuer.token({ roles: ['admin'], aud: 'payroll' })),
  token('JWT that is over', 'ended an hour ago', ({ issuer }) => issuer.token({ roles: ['admin'] }, { expires: Math.floor(Date.now() / 1000) - 3600 })),
  token('JWT with a path for a key id', '`kid: ../../../dev/null`', ({ issuer }) => issuer.token({ roles: ['admin'] }, { header: { kid: '../../../dev/null' } })),
  token('a key in another form', 'the true key in capitals', ({ keys }) => Promise.resolve(keys.admin.toUpperCase())),
  link('signed link for another path', 'the id of another recording', (url, { recordingId, strangersRecordingId }) => url.replace(recordingId, strangersRecordingId)),
  link('signed link of another workspace', 'another workspace', (url) => url.replace(/workspace=[^&]+/, 'workspace=ws_other')),
  link('signed link made longer', 'a later expiry', (url) => url.replace(/expires=\d+/, 'expires=9999999999')),
  link('signed link with doubled parts', 'a second signature', (url) => `${url}&signature=x`),
  link('signed link that writes', 'DELETE with a true link', (url) => url, 'DELETE'),
  {
    name: 'request flood', source: 'OWASP API4', sends: `request ${KEY_REQUESTS + 1} of a key that may ask ${KEY_REQUESTS} a minute`, expects: '429 RATE_LIMITED', times: 20,
    prepare: async (target) => { await untilLimited(() => graphql(target, target.keys.flooder, VIEWER)); },
    run: (target) => untilLimited(() => graphql(target, target.keys.flooder, VIEWER)),
  },
  {
    // The last one: the address that it comes from is every attack's.
    name: 'guessing of keys', source: 'OWASP API2', sends: `key ${FAILED_KEYS + 1} of an address that may fail ${FAILED_KEYS} times a minute, each under another X-Forwarded-For`, expects: '429 RATE_LIMITED', times: 20,
    prepare: async (target) => { await untilLimited(() => guess(target)); },
    run: (target) => untilLimited(() => guess(target)),
  },
];

/** A limit gives back a little all the time: one more may pass before the next is refused. Nothing else may come than passing and that. */
async function untilLimited(ask: () => Promise<string>): Promise<string> {
  for (let count = 0; count < 10 * KEY_REQUESTS; count++) {
    const told = await ask();
    if (!['200', REFUSED].includes(told)) return told;
  }
  return 'never limited';
}

let guesses = 0;

async function guess({ url }: AttackTarget): Promise<string> {
  guesses += 1;
  return toldBy(await fetch(`${url}/session`, { headers: { Authorization: `Bearer ut_${String(guesses).padStart(43, '0')}`, 'X-Forwarded-For': `203.0.113.${guesses % 250}` } }));
}
