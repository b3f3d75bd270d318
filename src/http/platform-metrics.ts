import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AnalysisEnded, Measurements } from '../domain/measurements.js';

/** What is asked when somebody reads the metrics, and not before. A source that fails leaves its gauge out of that answer. */
export interface MetricSources {
  readonly queues: readonly { readonly job: string; depth(): Promise<number>; oldestAgeSeconds(): Promise<number> }[];
  readonly deadLetters: () => Promise<ReadonlyMap<string, number>>;
  readonly models: () => readonly { readonly id: string; readonly memoryBytes: number | null; readonly queueLength: number; readonly state: string }[];
  readonly freeBytes: () => Promise<number | null>;
  readonly tasks: () => Promise<readonly { readonly id: string; readonly lastRun: { readonly state: string; readonly startedAt: Date; readonly durationMs: number | null } | null }[]>;
}

export interface PlatformMetrics extends Measurements {
  readonly registry: Registry;
  /** To be called once; until then the gauges are empty. */
  readonly observe: (sources: MetricSources) => void;
}

/** Codes that say that a file could not be turned into samples. */
const DECODE_CODES = new Set(['NOT_AUDIO', 'NO_AUDIO_STREAM', 'AUDIO_CORRUPT', 'AUDIO_TOO_SHORT', 'AUDIO_TOO_LONG', 'AUDIO_LIMIT_EXCEEDED', 'FFMPEG_MISSING']);

/**
 * Everything that the platform counts beside its HTTP edge. Labels are job names, codes of the error table, installed
 * models, configured plugins: never workspaces, ids or file names.
 */
export function createPlatformMetrics(registry: Registry = new Registry()): PlatformMetrics {
  const registers = [registry];
  const duration = new Histogram({ name: 'undertone_analysis_duration_seconds', help: 'Analyses from the claim of their job to their end.', labelNames: ['outcome'], buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800], registers });
  const realTime = new Histogram({ name: 'undertone_analysis_real_time_factor_ratio', help: 'Seconds of work for one second of sound, of analyses that succeeded.', buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5], registers });
  const audio = new Counter({ name: 'undertone_analysis_audio_seconds_total', help: 'Seconds of sound in analyses that succeeded.', registers });
  const failures = new Counter({ name: 'undertone_analysis_failures_total', help: 'Analyses that ended in a problem, by its code.', labelNames: ['code'], registers });
  const decodeFailures = new Counter({ name: 'undertone_decode_failures_total', help: 'Recordings that could not be turned into samples, by the code of the problem.', labelNames: ['code'], registers });
  const batchSize = new Histogram({ name: 'undertone_batch_size_windows', help: 'Windows in one run of a model host.', labelNames: ['model'], buckets: [1, 2, 4, 8, 16, 32, 64], registers });
  const batchDuration = new Histogram({ name: 'undertone_batch_duration_seconds', help: 'One run of a model host.', labelNames: ['model'], buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30], registers });
  const pluginFailures = new Counter({ name: 'undertone_plugin_failures_total', help: 'Steps and listeners of plugins that failed or took too long.', labelNames: ['plugin'], registers });
  const storage = new Histogram({ name: 'undertone_storage_duration_seconds', help: 'Calls of the blob storage.', labelNames: ['operation'], buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120], registers });
  const storageErrors = new Counter({ name: 'undertone_storage_errors_total', help: 'Calls of the blob storage that failed.', labelNames: ['operation', 'code'], registers });

  return {
    registry,
    observe: (sources) => registerSources(registry, sources),
    analysisEnded({ outcome, code, audioSeconds, wallSeconds }: AnalysisEnded) {
      duration.observe({ outcome }, wallSeconds);
      if (code !== null) failures.inc({ code });
      if (code !== null && DECODE_CODES.has(code)) decodeFailures.inc({ code });
      if (outcome !== 'succeeded' || audioSeconds === null) return;
      audio.inc(audioSeconds);
      if (audioSeconds > 0) realTime.observe(wallSeconds / audioSeconds);
    },
    batchRan(model, windowCount, seconds) {
      batchSize.observe({ model }, windowCount);
      batchDuration.observe({ model }, seconds);
    },
    pluginFailed: (plugin) => pluginFailures.inc({ plugin }),
    storageUsed(operation, seconds, code) {
      storage.observe({ operation }, seconds);
      if (code !== null) storageErrors.inc({ operation, code });
    },
  };
}

function registerSources(registry: Registry, { queues, deadLetters, models, freeBytes, tasks }: MetricSources): void {
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => Promise<void> | void): void => {
    new Gauge({
      name, help, labelNames, registers: [registry],
      async collect() {
        this.reset();
        // The database may be away: the other metrics say so, and must be readable.
        await Promise.resolve().then(() => collect(this)).catch(() => undefined);
      },
    });
  };
  gauge('undertone_queue_depth_jobs', 'Jobs that wait.', ['job'], async (g) => { for (const queue of queues) g.set({ job: queue.job }, await queue.depth()); });
  gauge('undertone_queue_oldest_age_seconds', 'How long the oldest waiting job has waited; 0 when none waits.', ['job'], async (g) => { for (const queue of queues) g.set({ job: queue.job }, await queue.oldestAgeSeconds()); });
  gauge('undertone_dead_letters_jobs', 'Jobs whose tries are used up and that wait to be retried or discarded.', ['job'], async (g) => {
    const counts = await deadLetters();
    // A 0 for each job that there is, so that an alert sees its end.
    for (const job of new Set([...queues.map((queue) => queue.job), ...counts.keys()])) g.set({ job }, counts.get(job) ?? 0);
  });
  gauge('undertone_task_last_start_seconds', 'When a scheduled task last began on any node, in seconds since 1970.', ['task'], async (g) => { for (const { id, lastRun } of await tasks()) if (lastRun !== null) g.set({ task: id }, lastRun.startedAt.getTime() / 1000); });
  gauge('undertone_task_last_duration_seconds', 'How long the last run of a scheduled task took.', ['task'], async (g) => { for (const { id, lastRun } of await tasks()) if (lastRun?.durationMs != null) g.set({ task: id }, lastRun.durationMs / 1000); });
  gauge('undertone_task_last_success_ratio', '1 where the last run of a scheduled task went well or goes on, 0 where it failed.', ['task'], async (g) => { for (const { id, lastRun } of await tasks()) if (lastRun !== null) g.set({ task: id }, lastRun.state === 'FAILED' ? 0 : 1); });
  gauge('undertone_model_host_memory_bytes', 'Resident memory of the hosts of a model in this process’s care.', ['model'], (g) => { for (const { id, memoryBytes } of models()) g.set({ model: id }, memoryBytes ?? 0); });
  gauge('undertone_model_queue_windows', 'Windows that wait for a model.', ['model'], (g) => { for (const { id, queueLength } of models()) g.set({ model: id }, queueLength); });
  gauge('undertone_model_state_info', '1 for the state that the hosts of a model are in.', ['model', 'state'], (g) => { for (const { id, state } of models()) g.set({ model: id, state }, 1); });
  gauge('undertone_storage_free_bytes', 'Free disk where uploads are taken in.', [], async (g) => {
    const free = await freeBytes();
    if (free !== null) g.set(free);
  });
}
