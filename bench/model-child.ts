import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** One variant in a process of its own, so that its memory and its CPU time are its own. Driven by emotion2vec.bench.ts. */
export interface ChildRequest {
  readonly kind: 'run';
  readonly seconds: number;
}
export interface ChildAnswer {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Highest resident set since the process began. */
  readonly peakBytes: number;
}

const [graphPath, optimization, threads] = process.argv.slice(2) as [string, 'disabled' | 'all', string];

function peakBytes(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;
}

async function measured(work: () => Promise<unknown>): Promise<ChildAnswer> {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const used = process.cpuUsage(cpu);
  return { cpuSeconds: (used.user + used.system) / 1e6, wallSeconds: (performance.now() - wall) / 1000, peakBytes: peakBytes() };
}

let session: InferenceSession | undefined;
const load = await measured(async () => {
  session = await InferenceSession.create(graphPath, {
    executionProviders: ['cpu'], intraOpNumThreads: Number(threads), interOpNumThreads: 1, graphOptimizationLevel: optimization, enableMemPattern: false, logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
});
process.send!({ load });

process.on('message', (request: ChildRequest) => {
  const samples = Math.round(request.seconds * 16_000);
  const waveform = Float32Array.from({ length: samples }, (_, index) => Math.sin(index * 0.05 + 3 * Math.sin(index * 0.0003)) + 0.3 * Math.sin(index * index * 0.00037));
  void measured(() => session!.run({ waveform: new Tensor('float32', waveform, [1, samples]), lengths: new Tensor('int64', BigInt64Array.of(BigInt(samples)), [1]) })).then((answer) => process.send!(answer));
});
