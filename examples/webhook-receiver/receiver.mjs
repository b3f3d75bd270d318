// A receiver of Undertone's webhooks: checks the signature, the time and whether it has seen the delivery, and answers at once.
//   WEBHOOK_SECRET=whsec_… node receiver.mjs            (HMAC_SHA256)
//   WEBHOOK_KEYS_URL=https://…/.well-known/webhooks/whk_…/jwks.json node receiver.mjs            (ED25519)
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { createServer } from 'node:http';

const REPLAY_WINDOW_SECONDS = 300;
const MAX_BODY_BYTES = 1024 * 1024;
const { WEBHOOK_SECRET, WEBHOOK_KEYS_URL, PORT = '8080' } = process.env;

const secret = WEBHOOK_SECRET === undefined ? null : Buffer.from(WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64');
let keys = { at: 0, list: [] };

/** Asked anew after five minutes, so that a rotation is noticed. */
async function publicKeys() {
  if (WEBHOOK_KEYS_URL === undefined) return [];
  if (Date.now() - keys.at > 300_000) {
    const { keys: list } = await (await fetch(WEBHOOK_KEYS_URL)).json();
    keys = { at: Date.now(), list: list.map((jwk) => createPublicKey({ key: jwk, format: 'jwk' })) };
  }
  return keys.list;
}

async function isGenuine(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > REPLAY_WINDOW_SECONDS || !/^\d+$/.test(timestamp ?? '')) return false;
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  for (const [version, text] of signatures.split(' ').map((one) => one.split(','))) {
    const given = Buffer.from(text ?? '', 'base64');
    if (version === 'v1' && secret !== null) {
      const wanted = createHmac('sha256', secret).update(signed).digest();
      if (given.length === wanted.length && timingSafeEqual(given, wanted)) return true;
    }
    if (version === 'v1a' && (await publicKeys()).some((key) => verify(null, signed, key, given))) return true;
  }
  return false;
}

/** Ids of deliveries that were taken. A real receiver keeps them in its database, in the transaction of what it does. */
const seen = new Set();

const server = createServer(async (request, response) => {
  const chunks = [];
  let byteLength = 0;
  for await (const chunk of request) {
    byteLength += chunk.length;
    if (byteLength > MAX_BODY_BYTES) return request.destroy();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const genuine = await isGenuine(request.headers, body).catch(() => false);
  if (!genuine) return response.writeHead(401).end();
  const id = request.headers['webhook-id'];
  if (!seen.has(id)) {
    seen.add(id);
    const { type, ids } = JSON.parse(body);
    console.log(`${type} ${JSON.stringify(ids)}`);
  }
  // Long work belongs behind the answer: Undertone waits for 15 s.
  return response.writeHead(204).end();
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
