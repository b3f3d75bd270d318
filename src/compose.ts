import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createScheduler, type Scheduler } from '../cron/scheduler.js';
import { lostAnalysesTask } from '../cron/lost-analyses.task.js';
import { orphanSweepTask } from '../cron/orphan-sweep.task.js';
import { composeAnalyzer, packageFolder, type Analyzer } from './compose-analyzer.js';
import { composePlugins } from './compose-plugins.js';
import { composeRules } from './compose-rules.js';
import { createAnalysisRepository } from './db/analysis.repository.js';
import { createApiKeyRepository } from './db/api-key.repository.js';
import type { Database } from './db/database.js';
import { createEmbeddingRepository } from './db/embedding.repository.js';
import { openDatabase } from './db/open-database.js';
import { createPluginRepository } from './db/plugin.repository.js';
import { createRecordingRepository } from './db/recording.repository.js';
import { visibleLabels } from './domain/scores.js';
import type { Settings } from './domain/settings.js';
import { analyzeRecordingJob } from './jobs/analyze-recording.job.js';
import { deliverFactJob } from './jobs/deliver-fact.job.js';
import { businessRules } from './plugins/business-rules/plugin.js';
import type { Plugins } from './plugins/registry.js';
import { createBossQueue } from './queue/boss-queue.js';
import type { JobQueue } from './queue/job-queue.js';
import { createAnalysisRunner } from './services/analysis-runner.js';
import { createAnalysisService } from './services/analysis.service.js';
import { createDecodeAhead, type DecodeAhead } from './services/decode-ahead.js';
import { createComparisonService } from './services/comparison.service.js';
import { createEmbeddingService } from './services/embedding.service.js';
import { createEventBus } from './services/event-bus.js';
import { createFactOutbox } from './services/fact-outbox.js';
import { createKeyService, type OperatorKeyService } from './services/key.service.js';
import { createMaintenanceService } from './services/maintenance.service.js';
import { createModelService } from './services/model.service.js';
import { createRecordingService } from './services/recording.service.js';
import type { RuleEngine } from './services/rule-engine.js';
import type { Services } from './services/service-contracts.js';
import { createTimelineService } from './services/timeline.service.js';
import { createFilesystemStore } from './storage/filesystem-store.js';
import type { BlobStore } from './storage/blob-store.js';

/** How long running analyses may go on once the process was asked to stop; what is left then goes back to the queue. */
const DRAIN_MS = 10_000;
/** Deliveries of facts at once: they mostly wait for others. */
const FACT_CONCURRENCY = 4;

export const VERSION = (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;

export interface Platform {
  readonly services: Services;
  readonly keys: OperatorKeyService;
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly queue: JobQueue;
  readonly analyzer: Analyzer;
  readonly scheduler: Scheduler;
  readonly plugins: Plugins;
  /** Takes jobs and runs scheduled tasks from now on. */
  startWorker(): Promise<void>;
  /** In reverse: no new jobs, running ones finish or go back, processes end, the database closes last. */
  stop(): Promise<void>;
}

/** Builds every object once, by hand. Nothing else knows all classes. */
export async function composePlatform(settings: Settings, log: Logger): Promise<Platform> {
  const opened: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close().catch((error: unknown) => log.error({ err: error }, 'a part did not stop in order'));
  };
  try {
    return await build(settings, log, opened, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(settings: Settings, log: Logger, opened: (() => Promise<void>)[], stop: () => Promise<void>): Promise<Platform> {
  const database = await openDatabase({ url: settings.databaseUrl ?? undefined, dataDir: settings.dataDir, log });
  opened.push(() => database.close());
  const blobs = await createFilesystemStore({ root: blobFolder(settings), minFreeBytes: settings.minFreeBytes });
  const queue = createBossQueue({ connectionString: database.connectionString, reclaimActive: database.embedded, log });
  await queue.start();
  opened.push(() => queue.stop({ deadlineMs: DRAIN_MS }));

  const events = createEventBus((error) => log.error({ err: error }, 'an event listener failed'));
  const recordings = createRecordingRepository(database);
  const analyses = createAnalysisRepository(database);
  // The plugin registers before what it calls is made, and calls it only once jobs run.
  const ruled: { engine: RuleEngine | null } = { engine: null };
  const builtIns = new Map([['business-rules', businessRules({ evaluate: (...call) => ruled.engine!.evaluate(...call) })]]);
  const plugins = await composePlugins(settings, log, { events, recordings, analyses, entries: createPluginRepository(database) }, builtIns);
  const facts = createFactOutbox({ queue, events, delivery: plugins.facts, onLost: (listener) => log.warn({ listener }, 'a fact was not delivered: the plugin that listened is not there any more') });
  // Under the queue in the list, so after it in stopping: hosts and plugins must outlive the jobs that use them.
  opened.splice(opened.length - 1, 0, () => plugins.stop());
  const analyzer = composeAnalyzer(settings, log, plugins);
  opened.splice(opened.length - 2, 0, () => analyzer.stop());

  const embeddings = createEmbeddingRepository(database);
  const keys = createKeyService(createApiKeyRepository(database));
  await keys.prepare(settings.adminKey);
  const analysisService = createAnalysisService({ database, recordings, analyses, queue, inference: analyzer.inference, events, maxQueuedAnalyses: settings.maxQueuedAnalyses });
  // Only where the jobs are done: elsewhere the head start would be thrown away.
  let isWorking = false;
  const ahead = createDecodeAhead({ decode: (path, signal) => analyzer.pipeline.decode(path, signal), slots: settings.workerConcurrency });
  const decodeAhead: DecodeAhead = { ...ahead, begin: (...clip) => { if (isWorking) ahead.begin(...clip); } };
  const timelines = createTimelineService({ analyses, blobs });
  const { engine, rules, alerts } = composeRules({ database, events, facts, handlers: {}, reviewed: null, modelLabels: () => analyzer.inference.manifests().flatMap(visibleLabels) }, log);
  ruled.engine = engine;
  const services: Services = {
    recordings: createRecordingService({ database, recordings, blobs, facts, decodeAhead, maxUploadBytes: settings.maxUploadBytes }),
    analyses: analysisService,
    timelines,
    comparisons: createComparisonService(analysisService, timelines),
    embeddings: createEmbeddingService(embeddings),
    models: createModelService(analyzer.inference, events),
    keys, rules, alerts,
  };
  const runner = createAnalysisRunner({
    analyses, blobs, pipeline: analyzer.pipeline, decodeAhead, events, facts,
    ensureIndex: (modelId, dimension) => embeddings.ensureIndex(modelId, dimension),
    onFault(error, analysisId) {
      log.error({ err: error, analysisId }, 'an analysis failed by a fault');
      return analysisId;
    },
  });
  const maintenance = createMaintenanceService({ database, recordings, analyses, blobs, queue });
  const scheduler = createScheduler([orphanSweepTask(maintenance), lostAnalysesTask(maintenance), ...plugins.tasks], {
    log: (message, figures) => log.info(figures, message),
    onRun: (run, error) => (error === null ? log.debug(run, 'a task ran') : log.error({ ...run, err: error }, 'a task failed')),
  });

  return {
    services, keys, database, blobs, queue, analyzer, scheduler, plugins, stop,
    async startWorker() {
      await queue.work('analyze-recording', { concurrency: settings.workerConcurrency }, analyzeRecordingJob(runner));
      isWorking = true;
      await queue.work('deliver-fact', { concurrency: FACT_CONCURRENCY }, deliverFactJob(facts));
      scheduler.start();
      opened.push(() => scheduler.stop());
    },
  };
}

function blobFolder(settings: Settings): string {
  return settings.storageUrl === null ? join(settings.dataDir, 'blobs') : new URL(settings.storageUrl).pathname;
}
