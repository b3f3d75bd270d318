// Keys for the object gateway of the tests: as much of HashiCorp Vault's transit engine as Ceph asks for when an object is
// to be encrypted with the store's own key (SSE-S3, `AES256`). The gateway is the real one and does the encrypting; this
// wraps and unwraps its keys, in memory.   node scripts/vault-stand-in.mjs PORT TOKEN
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const [port, token] = process.argv.slice(2);
/** @type {Map<string, Buffer>} */
const keys = new Map();

function seal(key, plain, context) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(context);
  return `vault:v1:${Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64')}`;
}

function open(key, text, context) {
  const bytes = Buffer.from(text.replace('vault:v1:', ''), 'base64');
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(context).setAuthTag(bytes.subarray(-16));
  return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]);
}

function answer(method, path, body) {
  const [, action, name] = /^\/v1\/transit\/(keys|datakey\/plaintext|decrypt)\/([\w.%:-]+?)(?:\/config)?$/.exec(path) ?? [];
  if (name === undefined) return { status: 404 };
  if (action === 'keys') {
    if (method === 'DELETE') keys.delete(name);
    else if (!keys.has(name)) keys.set(name, randomBytes(32));
    return { status: 204 };
  }
  const key = keys.get(name);
  if (key === undefined) return { status: 404 };
  const context = Buffer.from(body.context ?? '', 'base64');
  if (action === 'decrypt') return { status: 200, data: { plaintext: open(key, body.ciphertext, context).toString('base64') } };
  const plain = randomBytes(32);
  return { status: 200, data: { plaintext: plain.toString('base64'), ciphertext: seal(key, plain, context) } };
}

createServer(async (request, response) => {
  const text = Buffer.concat(await request.toArray()).toString();
  try {
    // Ceph sends the header twice, and Vault looks at the first.
    const { status, data } = request.headers['x-vault-token']?.split(', ')[0] === token ? answer(request.method, request.url, text === '' ? {} : JSON.parse(text)) : { status: 403 };
    response.writeHead(status, { 'content-type': 'application/json' }).end(data === undefined ? undefined : JSON.stringify({ data }));
  } catch {
    response.writeHead(400).end();
  }
}).listen(Number(port), '127.0.0.1');
