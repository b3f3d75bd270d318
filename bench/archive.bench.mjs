// Archiving on a real platform: memory above idle, speed against `tar | zstd` over the same files in the same run, and how
// long API requests take meanwhile against before (Linux only: the kernel's own high-water mark, reset before). Both sides
// take turns, each as often without requests as with them, and the medians are told: a busy machine shifts single ones.
// What requests lose to any work on the machine is told as well: beside `zstd` at the priority that archives have.
import { spawn, execSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { median, report } from './bench-report.mjs';
import { graphql, KEY, serveApart, throwAwayFolder } from './platform-process.mjs';

const FILES = 24;
const FILE_BYTES = 10 * 1024 * 1024;
const ROUNDS = Number(process.argv[2] ?? 3);
const MEGABYTES = (FILES * FILE_BYTES) / 1048576;
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

const sounds = Array.from({ length: FILES }, (_, i) => sound(i + 1));
for (const [i, bytes] of sounds.entries()) writeFileSync(join(folder, `${i}.raw`), bytes);
async function uploadAll() {
  for (const [i, body] of sounds.entries()) {
    const response = await fetch(`${url}/recordings?fileName=${i}.raw`, { method: 'PUT', headers: { authorization: `Bearer ${KEY}` }, body });
    if (!response.ok) throw new Error(await response.text());
  }
}
/** Twenty-odd requests a second: a caller without any pause would take the processor that the archive is written with. */
async function ask() {
  await new Promise((resolve) => setTimeout(resolve, 40));
  const startedMs = performance.now();
  await graphql(url, '{ recordings(first: 20) { nodes { id fileName createdAt } totalCount } }');
  return performance.now() - startedMs;
}
/** What it does takes, with or without requests beside it. */
async function beside(withRequests, work) {
  const startedMs = performance.now();
  let isDone = false;
  const times = [];
  const working = work().finally(() => { isDone = true; });
  while (withRequests && !isDone) times.push(await ask());
  const result = await working;
  return { result, times, seconds: (performance.now() - startedMs) / 1000 };
}
async function archive(withRequests) {
  const { result: { runRetention }, times, seconds } = await beside(withRequests, () => graphql(url, 'mutation { runRetention(dryRun: false, timeoutSeconds: 600) { ... on RetentionReport { archivedRecordingCount deletedRecordingCount problems archiveIds } } }'));
  if (runRetention.deletedRecordingCount !== FILES) throw new Error(JSON.stringify(runRetention));
  const { archives } = await graphql(url, '{ archives(first: 1) { nodes { format createdAt writtenAt } } }');
  const [{ format, createdAt, writtenAt }] = archives.nodes;
  return { format, times, wholeSeconds: seconds, writeSeconds: (Date.parse(writtenAt) - Date.parse(createdAt)) / 1000 };
}
async function shell(command, withRequests) {
  execSync('sync');
  const { seconds } = await beside(withRequests, () => new Promise((resolve, reject) => spawn('/bin/bash', ['-c', command], { cwd: folder, stdio: 'ignore' }).once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command}: ${code}`))))));
  return seconds;
}
/** As much of a core as it gets at the priority of archives, with nothing of the platform in it. */
async function besideBurner(count) {
  const burner = spawn('nice', ['-n', '10', '/bin/bash', '-c', 'while cat *.raw | zstd -q > /dev/null; do :; done'], { cwd: folder, stdio: 'ignore', detached: true });
  const times = [];
  while (times.length < count) times.push(await ask());
  process.kill(-burner.pid, 'SIGKILL');
  return times;
}
const TAR_ZSTD = 'rm -f all.tar.zst; tar c *.raw | zstd -q > all.tar.zst && sync all.tar.zst';

await uploadAll();
const POLICY = 'mutation($input: RetentionPolicyInput!) { setRetentionPolicy(input: $input) { __typename ... on RetentionConfirmation { confirmation } ... on Problem { message } } }';
const input = { name: 'all', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 0, includeExisting: true };
const { setRetentionPolicy } = await graphql(url, POLICY, { input });
await graphql(url, POLICY, { input: { ...input, confirmation: setRetentionPolicy.confirmation } });

const quiet = [];
const busy = [];
let peakAboveIdleMegabytes = 0;
for (let round = 0; round < ROUNDS; round++) {
  for (const withRequests of [false, true]) {
    if (round > 0 || withRequests) await uploadAll();
    const idleTimes = [];
    while (withRequests && idleTimes.length < 150) idleTimes.push(await ask());
    const burnerTimes = withRequests ? await besideBurner(150) : [];
    execSync('sync');
    const idle = kilobytes('VmRSS');
    writeFileSync(`/proc/${child.pid}/clear_refs`, '5');
    const ours = await archive(withRequests);
    peakAboveIdleMegabytes = Math.max(peakAboveIdleMegabytes, (kilobytes('VmHWM') - idle) / 1024);
    const theirSeconds = await shell(TAR_ZSTD, withRequests);
    (withRequests ? busy : quiet).push({ ...ours, theirSeconds, idleP95: withRequests ? p95(idleTimes) : 0, burnerP95: withRequests ? p95(burnerTimes) : 0, archivingP95: withRequests ? p95(ours.times) : 0 });
  }
}
const gzipSeconds = await shell('tar c *.raw | gzip > all.tar.gz && sync all.tar.gz', false);
const of = (rounds, figure) => median(rounds.map(figure));
report('archive', {
  megabytes: MEGABYTES, rounds: ROUNDS, format: quiet[0].format, peakAboveIdleMegabytes, allowedMegabytes: 150,
  writeMegabytesPerSecond: MEGABYTES / of(quiet, (one) => one.writeSeconds), withVerificationAndDeletionMegabytesPerSecond: MEGABYTES / of(quiet, (one) => one.wholeSeconds),
  tarZstdMegabytesPerSecond: MEGABYTES / of(quiet, (one) => one.theirSeconds), tarGzipMegabytesPerSecond: MEGABYTES / gzipSeconds, zstdBytes: statSync(join(folder, 'all.tar.zst')).size,
  speedAgainstTarZstd: of(quiet, (one) => one.theirSeconds / one.writeSeconds), speedAgainstTarZstdBesideRequests: of(busy, (one) => one.theirSeconds / one.writeSeconds), speedNeeded: 0.8,
  idleP95Ms: of(busy, (one) => one.idleP95), archivingP95Ms: of(busy, (one) => one.archivingP95), archivingAgainstIdleP95: of(busy, (one) => one.archivingP95 / one.idleP95), p95Allowed: 2,
  besideNiceZstdP95Ms: of(busy, (one) => one.burnerP95), besideNiceZstdAgainstIdleP95: of(busy, (one) => one.burnerP95 / one.idleP95),
  requestsWhileArchiving: busy.reduce((sum, one) => sum + one.times.length, 0),
});
child.removeAllListeners('exit');
child.kill('SIGTERM');
