// A 50 MB upload streams: the largest resident memory of the API while four of them come in, above idle (Linux only:
// the kernel's own high-water mark, reset before).
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { report } from './bench-report.mjs';
import { KEY, serveApart, throwAwayFolder } from './platform-process.mjs';

const UPLOAD_BYTES = 50 * 1024 * 1024;
const { url, child } = await serveApart(throwAwayFolder());
const kilobytes = (field) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]);

async function put(bytes) {
  const response = await fetch(`${url}/recordings?fileName=large.bin`, { method: 'PUT', headers: { authorization: `Bearer ${KEY}` }, body: bytes });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

async function multipart(bytes) {
  const form = new FormData();
  form.set('operations', JSON.stringify({ query: 'mutation($f: Upload!) { uploadRecording(file: $f) { __typename } }', variables: { f: null } }));
  form.set('map', '{"0":["variables.f"]}');
  form.set('0', new Blob([bytes]), 'large.bin');
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'apollo-require-preflight': 'true' }, body: form });
  if ((await response.json()).data?.uploadRecording.__typename !== 'Recording') throw new Error('the upload was refused');
}

async function peakOf(send) {
  await send(randomBytes(64 * 1024));
  const idle = kilobytes('VmRSS');
  writeFileSync(`/proc/${child.pid}/clear_refs`, '5');
  for (let round = 0; round < 4; round++) await send(randomBytes(UPLOAD_BYTES));
  return { idleMegabytes: idle / 1024, peakAboveIdleMegabytes: (kilobytes('VmHWM') - idle) / 1024, allowedMegabytes: 80 };
}

report('upload', { uploadMegabytes: 50, put: await peakOf(put), multipart: await peakOf(multipart) });
child.removeAllListeners('exit');
child.kill('SIGTERM');
