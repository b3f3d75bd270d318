// Archiving on a real platform: memory above idle, speed against `tar | zstd` over the same files in the same run, and how
// long API requests take meanwhile against before (Linux only: the kernel's own high-water mark, reset before).
import { execSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { report } from './bench-report.mjs';
import { graphql, KEY, serveApart, throwAwayFolder } from './platform-process.mjs';

const FILES = 24;
const FILE_BYTES = 10 * 1024 * 1024;
const folder = throwAwayFolder();

const speech = execSync('ffmpeg -v quiet -stream_loop -1 -i samples/conversation.flac -t 300 -ac 1 -ar 44100 -f s16le -', { maxBuffer: 64 * 1024 * 1024 });
/** Uncompressed speech at 44.1 kHz, each file from another place and at another gain. */
function sound(seed) {
  const bytes = Buffer.alloc(FILE_BYTES);
  for (let at = 0; at < FILE_BYTES; at += 2) bytes.writeInt16LE(Math.round((speech.readInt16LE((at + 2 * 44_100 * seed) % speech.length) * (100 - seed)) / 100), at);
  return bytes;
}

const { url, child } = await serveApart(join(folder, 'data'));
const kilobytes = (field) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]);
const p95 = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.95)];

for (let i = 0; i < FILES; i++) {
  const bytes = sound(i + 1);
  writeFileSync(join(folder, `${i}.raw`), bytes);
  const response = await fetch(`${url}/recordings?fileName=${i}.raw`, { method: 'PUT', headers: { authorization: `Bearer ${KEY}` }, body: bytes });
  if (!response.ok) throw new Error(await response.text());
}
/** Twenty-odd requests a second: a caller without any pause would take the processor that the archive is written with. */
async function ask() {
  await new Promise((resolve) => setTimeout(resolve, 40));
  const startedMs = performance.now();
  await graphql(url, '{ recordings(first: 20) { nodes { id fileName createdAt } totalCount } }');
  return performance.now() - startedMs;
}
const POLICY = 'mutation($input: RetentionPolicyInput!) { setRetentionPolicy(input: $input) { __typename ... on RetentionConfirmation { confirmation } ... on Problem { message } } }';
const input = { name: 'all', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 0, includeExisting: true };
const { setRetentionPolicy } = await graphql(url, POLICY, { input });
await graphql(url, POLICY, { input: { ...input, confirmation: setRetentionPolicy.confirmation } });

const idleTimes = [];
for (let i = 0; i < 300; i++) idleTimes.push(await ask());
const idle = kilobytes('VmRSS');
writeFileSync(`/proc/${child.pid}/clear_refs`, '5');

const archivingTimes = [];
let isDone = false;
const startedMs = performance.now();
const running = graphql(url, 'mutation { runRetention(dryRun: false, timeoutSeconds: 600) { ... on RetentionReport { archivedRecordingCount deletedRecordingCount problems } } }').finally(() => { isDone = true; });
while (!isDone) archivingTimes.push(await ask());
const { runRetention } = await running;
const wholeSeconds = (performance.now() - startedMs) / 1000;
if (runRetention.deletedRecordingCount !== FILES) throw new Error(JSON.stringify(runRetention));
const { archives } = await graphql(url, '{ archives { nodes { format byteLength createdAt writtenAt verifiedAt } } }');
const writeSeconds = archives.nodes.reduce((sum, archive) => sum + (Date.parse(archive.writtenAt) - Date.parse(archive.createdAt)) / 1000, 0);
const peakAboveIdleMegabytes = (kilobytes('VmHWM') - idle) / 1024;

function seconds(command) {
  const beganMs = performance.now();
  execSync(command, { cwd: folder, shell: '/bin/bash' });
  return (performance.now() - beganMs) / 1000;
}
const zstdSeconds = seconds('tar c *.raw | zstd -q > all.tar.zst && sync all.tar.zst');
const gzipSeconds = seconds('tar c *.raw | gzip > all.tar.gz && sync all.tar.gz');
const megabytes = (FILES * FILE_BYTES) / 1048576;
report('archive', {
  megabytes, format: archives.nodes[0].format, peakAboveIdleMegabytes, allowedMegabytes: 150,
  writeMegabytesPerSecond: megabytes / writeSeconds, withVerificationAndDeletionMegabytesPerSecond: megabytes / wholeSeconds,
  tarZstdMegabytesPerSecond: megabytes / zstdSeconds, tarGzipMegabytesPerSecond: megabytes / gzipSeconds, zstdBytes: statSync(join(folder, 'all.tar.zst')).size,
  speedAgainstTarZstd: zstdSeconds / writeSeconds, speedNeeded: 0.8,
  idleP95Ms: p95(idleTimes), archivingP95Ms: p95(archivingTimes), archivingAgainstIdleP95: p95(archivingTimes) / p95(idleTimes), p95Allowed: 2, requestsWhileArchiving: archivingTimes.length,
});
child.removeAllListeners('exit');
child.kill('SIGTERM');
