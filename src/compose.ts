import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { composeRetention } from './compose-retention.js';
import { createScheduler, type Scheduler } from '../cron/scheduler.js';
import { lostAnalysesTask } from '../cron/lost-analyses.task.js';
import { orphanSweepTask } from '../cron/orphan-sweep.task.js';
import { composeEncryption } from './compose-encryption.js';
import { composeAnalyzer, packageFolder, type Analyzer } from './compose-analyzer.js';
import { createAnalysisRepository } from './db/analysis.repository.js';
import { createApiKeyRepository } from './db/api-key.repository.js';
import type { Database } from './db/database.js';
import { createEmbeddingRepository } from './db/embedding.repository.js';
import { openDatabase } from './db/open-database.js';
import { createRecordingRepository } from './db/recording.repository.js';
import type { Settings } from './domain/settings.js';
import { analyzeRecordingJob } from './jobs/analyze-recording.job.js';
import { loadPlugins } from './plugins/load-plugins.js';
import { registerPlugins, type Plugins } from './plugins/registry.js';
import { createBossQueue } from './queue/boss-queue.js';
import type { JobQueue } from './queue/job-queue.js';
import { createAnalysisRunner } from './services/analysis-runner.js';
import { createAnalysisService } from './services/analysis.service.js';
import { createComparisonService } from './services/comparison.service.js';
import { createEmbeddingService } from './services/embedding.service.js';
import type { EncryptionService } from './services/encryption.service.js';
import { createEventBus } from './services/event-bus.js';
import { createKeyService, type OperatorKeyService } from './services/key.service.js';
import { createMaintenanceService } from './services/maintenance.service.js';
import { createModelService } from './services/model.service.js';
import { createRecordingService } from './services/recording.service.js';
import type { Services } from './services/service-contracts.js';
import { createTimelineService } from './services/timeline.service.js';
import { createFilesystemStore } from './storage/filesystem-store.js';
import type { SealedStore } from './storage/sealed-store.js';

/** How long running analyses may go on once the process was asked to stop; what is left then goes back to the queue. */
const DRAIN_MS = 10_000;

export const VERSION = (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;

export interface Platform {
  readonly services: Services;
  readonly keys: OperatorKeyService;
  readonly database: Database;
  readonly blobs: SealedStore;
  readonly encryption: EncryptionService;
  readonly queue: JobQueue;
  readonly analyzer: Analyzer;
  readonly scheduler: Scheduler;
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
  const stored = await createFilesystemStore({ root: blobFolder(settings), minFreeBytes: settings.minFreeBytes });
  const keys = createKeyService(createApiKeyRepository(database));
  await keys.prepare(settings.adminKey);
  const sealing = await composeEncryption(settings, database, stored, log);
  const { blobs, vault, encryption } = sealing;
  const queue = createBossQueue({ connectionString: database.connectionString, reclaimActive: database.embedded, log });
  await queue.start();
  opened.push(() => queue.stop({ deadlineMs: DRAIN_MS }));

  const events = createEventBus((error) => log.error({ err: error }, 'an event listener failed'));
  const plugins = await composePlugins(settings, log, events);
  const analyzer = composeAnalyzer(settings, log, (outcome, signal) => plugins.afterPrediction(outcome, signal));
  // Under the queue in the list, so after it in stopping: hosts and plugins must outlive the jobs that use them.
  opened.splice(opened.length - 1, 0, () => analyzer.stop(), () => plugins.stop());

  const recordings = createRecordingRepository(database);
  const analyses = createAnalysisRepository(database);
  const embeddings = createEmbeddingRepository(database);
  const retention = await composeRetention({ ...sealing, database, recordings, events });
  const analysisService = createAnalysisService({ database, recordings, analyses, queue, inference: analyzer.inference, events, maxQueuedAnalyses: settings.maxQueuedAnalyses });
  const timelines = createTimelineService({ analyses, blobs });
  const services: Services = {
    recordings: createRecordingService({ database, recordings, archives: retention.archives, blobs, vault, removal: retention.removal, maxUploadBytes: settings.maxUploadBytes }),
    analyses: analysisService,
    timelines,
    comparisons: createComparisonService(analysisService, timelines),
    embeddings: createEmbeddingService(embeddings),
    models: createModelService(analyzer.inference, events),
    ...retention.services,
    keys,
  };
  const runner = createAnalysisRunner({
    analyses, blobs, vault, pipeline: analyzer.pipeline, events,
    ensureIndex: (modelId, dimension) => embeddings.ensureIndex(modelId, dimension),
    onFault(error, analysisId) {
      log.error({ err: error, analysisId }, 'an analysis failed by a fault');
      return analysisId;
    },
  });
  const maintenance = createMaintenanceService({ database, recordings, analyses, blobs: stored, queue });
  const scheduler = createScheduler([orphanSweepTask(maintenance), lostAnalysesTask(maintenance), ...plugins.tasks], {
    log: (message, figures) => log.info(figures, message),
    onRun: (run, error) => (error === null ? log.debug(run, 'a task ran') : log.error({ ...run, err: error }, 'a task failed')),
  });

  return {
    services, keys, encryption, database, blobs, queue, analyzer, scheduler, stop,
    async startWorker() {
      await queue.work('analyze-recording', { concurrency: settings.workerConcurrency }, analyzeRecordingJob(runner));
      scheduler.start();
      opened.push(() => scheduler.stop());
    },
  };
}

async function composePlugins(settings: Settings, log: Logger, events: Parameters<typeof registerPlugins>[1]['events']): Promise<Plugins> {
  const plugins = settings.pluginsFile === null ? [] : await loadPlugins(settings.pluginsFile);
  return registerPlugins(plugins, {
    events,
    log: (plugin) => ({ info: (message) => log.info({ plugin }, message), warn: (message) => log.warn({ plugin }, message) }),
  });
}

function blobFolder(settings: Settings): string {
  return settings.storageUrl === null ? join(settings.dataDir, 'blobs') : new URL(settings.storageUrl).pathname;
}
