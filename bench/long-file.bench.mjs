// The memory of `undertone analyze` over a two-hour recording, process by process (Linux only): once the first minute of
// work is over it must not grow. BENCH_HOURS sets another length.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { report } from './bench-report.mjs';
import { throwAwayFolder } from './platform-process.mjs';

const HOURS = Number(process.env.BENCH_HOURS ?? 2);
const folder = throwAwayFolder();
const path = join(folder, 'long.flac');
execFileSync('ffmpeg', ['-v', 'error', '-stream_loop', '-1', '-i', 'samples/conversation.flac', '-t', String(HOURS * 3600), '-ar', '16000', '-ac', '1', path]);

const child = spawn(process.execPath, ['bin/undertone.mjs', 'analyze', path, '--json'], { env: { ...process.env, UNDERTONE_DATA_DIR: join(folder, 'data'), UNDERTONE_LOG_LEVEL: 'error' }, stdio: ['ignore', 'pipe', 'ignore'] });
let printed = '';
child.stdout.on('data', (chunk) => { printed += chunk; });

const megabytesOf = (pid) => {
  const status = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return status === null ? 0 : Number(status[1]) / 1024;
};
/** Resident memory of the command, its model hosts and ffmpeg. */
function sample() {
  const sum = { atSeconds: (performance.now() - started) / 1000, command: 0, hosts: 0, ffmpeg: 0 };
  const parents = new Map([[child.pid, 'command']]);
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).sort((a, b) => a - b)) {
    try {
      const parent = Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${name}/status`, 'utf8'))[1]);
      const kind = Number(name) === child.pid ? 'command' : !parents.has(parent) ? null : readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('model-host') ? 'hosts' : 'ffmpeg';
      if (kind === null) continue;
      parents.set(Number(name), kind);
      sum[kind] += megabytesOf(name);
    } catch {
      // It ended between two looks.
    }
  }
  return sum;
}
const started = performance.now();
const samples = [];
const timer = setInterval(() => samples.push(sample()), 500);
const code = await new Promise((resolve) => child.once('exit', resolve));
clearInterval(timer);
const result = JSON.parse(printed.trim().split('\n').at(-1));
if (code !== 0 || result.problem !== undefined) throw new Error(JSON.stringify(result.problem ?? code));

const wallSeconds = (performance.now() - started) / 1000;
const first = samples.filter((one) => one.atSeconds <= 60);
const later = samples.filter((one) => one.atSeconds > 60);
const most = (all, of) => Math.round(Math.max(0, ...all.map(of)));
const besideHosts = (one) => one.command + one.ffmpeg;
report('long-file', {
  audioSeconds: HOURS * 3600, wallSeconds, segments: result.segments.length,
  besideHosts: { firstMinutePeakMegabytes: most(first, besideHosts), laterPeakMegabytes: later.length === 0 ? null : most(later, besideHosts), allowedMegabytes: 400 },
  hosts: { firstMinutePeakMegabytes: most(first, (one) => one.hosts), laterPeakMegabytes: later.length === 0 ? null : most(later, (one) => one.hosts) },
  halves: [0, 0.25, 0.5, 0.75].map((from) => most(samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * (from + 0.25))), (one) => one.command + one.ffmpeg + one.hosts)),
});
