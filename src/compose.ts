import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { endings } from './analysis-endings.js';
import { composeAudit } from './compose-audit.js';
import { composeRetention } from './compose-retention.js';
import { createScheduler, type Scheduler } from '../cron/scheduler.js';
import { coreTasks } from './compose-tasks.js';
import { composeDatabase } from './compose-database.js';
import { composeEncryption } from './compose-encryption.js';
import { composeAnalyzer, packageFolder, type Analyzer } from './compose-analyzer.js';
import { composeEvaluation } from './compose-evaluation.js';
import { composeApi, type Api } from './compose-api.js';
import { composeNotices } from './compose-notices.js';
import { composePlugins } from './compose-plugins.js';
import { composeReviews } from './compose-reviews.js';
import { composeRules } from './compose-rules.js';
import { composeAsr, type CrossChecking } from './compose-asr.js';
import { composeDiarization } from './compose-diarization.js';
import { composeWebhooks } from './compose-webhooks.js';
import { composeFleet, composeMessages, newNodeId, SERVER, type Fleet, type PlatformRole } from './compose-fleet.js';
import { createAnalysisChargeRepository } from './db/analysis-charge.repository.js';
import { createAnalysisRepository } from './db/analysis.repository.js';
import { createApiKeyRepository } from './db/api-key.repository.js';
import type { Database } from './db/database.js';
import { createEmbeddingRepository } from './db/embedding.repository.js';
import { createOptOutRepository } from './db/opt-out.repository.js';
import { createPluginRepository } from './db/plugin.repository.js';
import { createTaskRunRepository } from './db/task-run.repository.js';
import { createSpeakerRepository } from './db/speaker.repository.js';
import { createTranscriptRepository } from './db/transcript.repository.js';
import { createSessionRepository } from './db/session.repository.js';
import { createStatisticsRepository } from './db/statistics.repository.js';
import { createRecordingRepository } from './db/recording.repository.js';
import { createWorkspaceRepository } from './db/workspace.repository.js';
import { visibleLabels } from './domain/scores.js';
import type { Settings } from './domain/settings.js';
import { NO_TRACING, type Tracing } from './domain/tracing.js';
import { createPlatformMetrics, type PlatformMetrics } from './http/platform-metrics.js';
import { createWebhookMetrics } from './http/webhook-metrics.js';
import { runEvaluationJob } from './jobs/run-evaluation.job.js';
import { analyzeRecordingJob } from './jobs/analyze-recording.job.js';
import { deliverFactJob } from './jobs/deliver-fact.job.js';
import { deliverWebhookJob } from './jobs/deliver-webhook.job.js';
import { ofWorkspace } from './jobs/of-workspace.js';
import { sendNoticeJob } from './jobs/send-notice.job.js';
import { businessRules } from './plugins/business-rules/plugin.js';
import { humanReview } from './plugins/human-review/plugin.js';
import type { AnyPluginFactory } from './plugins/contract.js';
import type { BuiltInPlugins } from './plugins/load-plugins.js';
import type { Plugins } from './plugins/registry.js';
import { createBossQueue } from './queue/boss-queue.js';
import { JOB_NAMES } from './queue/job-settings.js';
import type { JobName, JobQueue } from './queue/job-queue.js';
import { createAnalysisRunner } from './services/analysis-runner.js';
import { createAnalysisLimits } from './services/analysis-limits.js';
import { createAnalysisService } from './services/analysis.service.js';
import { createDecodeAhead, type DecodeAhead } from './services/decode-ahead.js';
import { createComparisonService } from './services/comparison.service.js';
import { createDeadLetterService } from './services/dead-letter.service.js';
import { createEmbeddingService } from './services/embedding.service.js';
import type { EncryptionService } from './services/encryption.service.js';
import { createEventBus } from './services/event-bus.js';
import { createExportService } from './services/export.service.js';
import { createFactOutbox, createNotices } from './services/fact-outbox.js';
import { createImportService } from './services/import.service.js';
import { createIntake } from './services/intake.js';
import { createKeyService, DEFAULT_WORKSPACE_ID, type OperatorKeyService } from './services/key.service.js';
import { createJudgingPermission } from './services/judging-permission.js';
import { createLawService } from './services/law.service.js';
import { createMaintenanceService } from './services/maintenance.service.js';
import { createModelService } from './services/model.service.js';
import { createOptOutService } from './services/opt-out.service.js';
import { createRateLimiter, shareRates, type RateLimiter } from './services/rate-limiter.js';
import { withReadsNoted } from './services/noted-reads.js';
import { createRecordingService } from './services/recording.service.js';
import type { ReviewIntake } from './services/review-intake.js';
import type { RuleEngine } from './services/rule-engine.js';
import type { ImportService, Services, WorkspaceAdministration } from './services/service-contracts.js';
import { scoped, withWorkspaceScope } from './services/scoped-services.js';
import { createSpeakerService } from './services/speaker.service.js';
import { createStatisticsService } from './services/statistics.service.js';
import { createTaskService } from './services/task.service.js';
import { createTimelineService } from './services/timeline.service.js';
import { transcriptFlags } from './services/transcript-flags.js';
import { createTranscriptService } from './services/transcript.service.js';
import { createSessionService } from './services/session.service.js';
import { createStorageQuota, createUsageService, createWorkspaceAdministration } from './services/workspace.service.js';
import type { StorageBackend } from './storage/blob-store.js';
import { observeStorage } from './storage/observed-store.js';
import { openStorage } from './storage/open-storage.js';
import type { SealedStore } from './storage/sealed-store.js';
import { temporaryFolder } from './temporary-folder.js';

/** Deliveries of facts at once: they mostly wait for others. */
const FACT_CONCURRENCY = 4;
const NOTICE_CONCURRENCY = 2;

export const VERSION = (JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;

export interface Platform {
  readonly services: Services;
  /** For the operator at the machine only: it reads folders by path. */
  readonly imports: ImportService;
  readonly workspaces: WorkspaceAdministration;
  readonly limiter: RateLimiter;
  readonly keys: OperatorKeyService;
  readonly database: Database;
  readonly blobs: SealedStore;
  /** The bytes as they lie in the storage. */
  readonly stored: StorageBackend;
  readonly encryption: EncryptionService;
  readonly queue: JobQueue;
  readonly analyzer: Analyzer;
  readonly plugins: Plugins;
  readonly asr: CrossChecking;
  readonly scheduler: Scheduler;
  readonly metrics: PlatformMetrics;
  readonly tracing: Tracing;
  readonly fleet: Fleet;
  readonly api: Api;
  /** True once `drain` was called. */
  readonly isDraining: boolean;
  /** Takes jobs and runs scheduled tasks from now on. */
  startWorker(): Promise<void>;
  /** New work is refused from now on; resolves when running jobs have ended or, at the deadline, were handed back. Reading goes on. */
  drain(): Promise<void>;
  /** In reverse: no new jobs, running ones finish or go back, processes end, the database closes last. */
  stop(): Promise<void>;
}

/** Builds every object once, by hand. Nothing else knows all classes. */
export async function composePlatform(settings: Settings, log: Logger, role: PlatformRole = SERVER): Promise<Platform> {
  const opened: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of opened.splice(0).reverse()) await close().catch((error: unknown) => log.error({ err: error }, 'a part did not stop in order'));
  };
  try {
    return await build(settings, log, role, opened, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(settings: Settings, log: Logger, role: PlatformRole, opened: (() => Promise<void>)[], stop: () => Promise<void>): Promise<Platform> {
  const tracing = await openTracing(settings, role);
  opened.push(() => tracing.stop());
  const metrics = createPlatformMetrics();
  const database = await composeDatabase(settings, log);
  opened.push(() => database.close());
  const stored = observeStorage(await openStorage(settings, temporaryFolder(settings.dataDir)), metrics.storageUsed);
  const [apiKeys, analyses] = [createApiKeyRepository(database), createAnalysisRepository(database)];
  const { audit, readLog } = composeAudit(database, log);
  const reads = readLog(analyses);
  // Right behind the database in stopping: whatever else is stopped may still read.
  opened.push(() => reads.flush());
  const keys = createKeyService(apiKeys, audit);
  await keys.prepare(settings.adminKey);
  const sealing = await composeEncryption(settings, database, stored, audit, log);
  const { blobs, vault, encryption } = sealing;
  const events = createEventBus((error) => log.error({ err: error }, 'an event listener failed'));
  const nodeId = newNodeId();
  const messages = composeMessages(database, events, nodeId, log);
  opened.push(() => messages.stop());
  const limiter = createRateLimiter(settings.rateLimits);
  const stopSharing = shareRates(limiter, messages);
  opened.push(() => Promise.resolve().then(stopSharing));
  const queue = createBossQueue({ connectionString: database.connectionString, reclaimActive: database.embedded, log, onWake: (job) => messages.send({ kind: 'wake', job }) });
  await queue.start();
  messages.onMessage((message) => {
    if (message.kind === 'wake') queue.wakeHere(message.job as JobName);
  });
  opened.push(() => queue.stop({ deadlineMs: settings.drainMs }));

  const recordings = createRecordingRepository(database);
  // The plugin registers before what it calls is made, and calls it only once jobs run.
  const ruled: { engine: RuleEngine | null; review: ReviewIntake | null } = { engine: null, review: null };
  const asr = composeAsr(settings);
  const builtIns: BuiltInPlugins = new Map<string, AnyPluginFactory>([['diarization', () => composeDiarization(settings)], ['asr-cross-check', asr.plugin], ['business-rules', businessRules({ evaluate: (...call) => ruled.engine!.evaluate(...call) })], ['human-review', humanReview({ consider: (...call) => ruled.review!.consider(...call) })]]);
  const plugins = await composePlugins(settings, log, { events, recordings, analyses, entries: createPluginRepository(database), reads, onFailure: metrics.pluginFailed }, builtIns);
  asr.bind(plugins);
  const webhooks = composeWebhooks({ settings, database, queue, keyring: sealing.keyring, metrics: createWebhookMetrics(metrics.registry) });
  const notices = composeNotices({ settings, database, queue, registry: metrics.registry, ofPlugins: () => plugins.notifiers });
  const facts = createFactOutbox({ queue, webhooks: webhooks.dispatch, notices, events, delivery: plugins.facts, onLost: (listener) => log.warn({ listener }, 'a fact was not delivered: the plugin that listened is not there any more') });
  // Under the queue in the list, so after it in stopping: hosts and plugins must outlive the jobs that use them.
  opened.splice(opened.length - 1, 0, () => plugins.stop());
  const analyzer = composeAnalyzer(settings, log, { tracing, onBatch: metrics.batchRan, plugins, diarizer: () => plugins.diarizer });
  opened.splice(opened.length - 2, 0, () => analyzer.stop());
  const fleet = await composeFleet({ settings, role, version: VERSION, nodeId, database, inference: analyzer.inference, messages, events, log });
  const { directory, registry } = fleet;
  opened.push(() => fleet.stop());
  const intake = createIntake();

  const embeddings = createEmbeddingRepository(database);
  const speakers = createSpeakerRepository(database);
  const transcripts = createTranscriptRepository(database);
  const workspaces = createWorkspaceRepository(database);
  const retention = await composeRetention({ ...sealing, auditDays: settings.auditDays, database, recordings, facts });
  const review = composeReviews({ database, keys: apiKeys, audit, facts, events, contradictions: transcriptFlags(transcripts) });
  ruled.review = review.intake;
  const law = createLawService(workspaces);
  const optOuts = createOptOutService({ database, optOuts: createOptOutRepository(database), secrets: sealing.secrets, audit });
  const permission = createJudgingPermission(law, optOuts);
  const evaluation = composeEvaluation({ permission, audit, reviews: review.resolved, database, recordings, blobs, pipeline: analyzer.pipeline, inference: analyzer.inference, directory, queue, events, intake, concurrency: Math.max(1, settings.modelHosts), log });
  const analysisLimits = createAnalysisLimits(settings.analysisLimits, createAnalysisChargeRepository(database));
  const analysisService = createAnalysisService({ limits: analysisLimits, permission, audit, database, recordings, analyses, queue, models: directory, events, intake, tracing, maxQueuedAnalyses: settings.maxQueuedAnalyses, defaultRoles: settings.speakerRoles });
  // Only where the jobs are done: elsewhere the head start would be thrown away.
  let isWorking = false;
  const ahead = createDecodeAhead({ decode: (path, signal) => analyzer.pipeline.decode(path, signal), slots: settings.workerConcurrency });
  const decodeAhead: DecodeAhead = { ...ahead, begin: (...clip) => { if (isWorking) ahead.begin(...clip); } };
  const recordingService = createRecordingService({ database, audit, recordings, archives: retention.archives, blobs, vault, removal: retention.removal, intake, decodeAhead, quota: createStorageQuota(workspaces), maxUploadBytes: settings.maxUploadBytes, minFreeBytes: settings.minFreeBytes, downloadUrl: (key, link) => stored.downloadUrl(key, link) });
  const timelines = createTimelineService({ analyses, blobs });
  const { engine, rules, alerts } = composeRules({ database, audit, events, facts, handlers: { review: review.intake.ofRule, webhook: webhooks.action }, onActionDone: ({ workspaceId }, kind) => { if (kind === 'review') review.intake.announce(workspaceId); }, reviewed: review.reviewed, modelLabels: () => analyzer.inference.manifests().flatMap(visibleLabels), modelIds: () => directory.list().map(({ manifest }) => manifest.id) }, log);
  ruled.engine = engine;
  // Its stored queries read through the services, and it is one of them.
  const later: { api: Api | null } = { api: null };
  const hooks = webhooks.finish({ audit, notices, schema: () => later.api!.schema(), createContext: (call) => later.api!.createContext(call), log });
  const taskRuns = createTaskRunRepository(database, DEFAULT_WORKSPACE_ID);
  const notify = createNotices(database, facts);
  const usage = createUsageService(workspaces, stored, notify);
  const maintenance = createMaintenanceService({ database, recordings, analyses, blobs: stored, queue, models: directory, keys: apiKeys, taskRuns, events, notify });
  const scheduler = createScheduler([...coreTasks({ maintenance, retention, usage, evaluations: evaluation.services.evaluations, reviewClaims: review.claims, webhooks: hooks.service, settings, freeBytes: () => blobs.freeBytes(), notify }), ...plugins.tasks], {
    runs: taskRuns,
    node: `${hostname()}:${process.pid}`,
    log: (message, figures) => log.info(figures, message),
    onRun: (run, error) => (error === null ? log.debug(run, 'a task ran') : log.error({ ...run, err: error }, 'a task failed')),
  });
  const speakerService = createSpeakerService({ speakers, analyses, audit });
  const transcriptService = createTranscriptService({ database, transcripts, analyses, recordings, speakers, comparison: asr.comparison, audit, facts });
  const embeddingService = createEmbeddingService(embeddings);
  const services: Services = withWorkspaceScope(withReadsNoted({
    recordings: recordingService,
    ...retention.services,
    tasks: createTaskService(scheduler, taskRuns, audit),
    analyses: analysisService,
    speakers: speakerService,
    transcripts: transcriptService,
    timelines,
    comparisons: createComparisonService(analysisService, timelines),
    embeddings: embeddingService,
    exports: createExportService({ recordings: recordingService, analyses: analysisService, speakers: speakerService, timelines, embeddings: embeddingService, transcripts: transcriptService }),
    models: createModelService({ inference: role.roles.includes('worker') ? analyzer.inference : null, directory, nodes: () => registry.nodes(), messages, events, audit }),
    keys, sessions: createSessionService(createSessionRepository(database), keys, audit), rules, alerts, ...review.services, webhooks: hooks.service,
    statistics: createStatisticsService(createStatisticsRepository(database)),
    law, optOuts, usage,
    ...evaluation.services,
    deadLetters: createDeadLetterService({ database, queue, analyses, evaluations: evaluation.evaluations, events, audit }),
  }, reads));
  const api = (later.api = composeApi({ services, settings, plugins, asr, version: VERSION }));
  const imports = scoped(createImportService({ recordings: recordingService, analyses, decode: (path, signal) => analyzer.pipeline.decode(path, signal), speech: analyzer.speech, audit }));
  const runner = createAnalysisRunner({
    limits: analysisLimits, permission, analyses, blobs, vault, pipeline: analyzer.pipeline, decodeAhead, events, facts, tracing,
    onEnded: endings(metrics, log),
    calibrationFor: evaluation.calibrationFor,
    ensureIndex: (modelId, dimension) => embeddings.ensureIndex(modelId, dimension),
    onFault(error, analysisId) {
      log.error({ err: error, analysisId }, 'an analysis failed by a fault');
      return analysisId;
    },
  });
  metrics.observe({
    queues: JOB_NAMES.map((job) => ({ job, depth: () => queue.depth(job), oldestAgeSeconds: () => queue.oldestAgeSeconds(job) })),
    deadLetters: () => queue.deadLetterCounts(),
    models: () => analyzer.inference.manifests().map(({ id }) => analyzer.inference.status(id)).map(({ manifest, memoryBytes, queueLength, state }) => ({ id: manifest.id, memoryBytes, queueLength, state: state.kind })),
    freeBytes: () => blobs.freeBytes(),
    tasks: () => services.tasks.status(),
  });
  return {
    services, imports, workspaces: createWorkspaceAdministration(workspaces, audit), limiter, keys, encryption, database, blobs, stored, queue, analyzer, plugins, asr, scheduler, fleet, metrics, tracing, api, stop,
    get isDraining() {
      return intake.isClosed;
    },
    async startWorker() {
      await queue.work('analyze-recording', { concurrency: settings.workerConcurrency, interactiveSlots: 1, holds: () => fleet.holds() }, ofWorkspace(analyzeRecordingJob(runner, tracing)));
      // One at a time: it has several recordings in work itself, and all of them are bulk.
      await queue.work('run-evaluation', { concurrency: 1, holds: () => fleet.holds() }, ofWorkspace(runEvaluationJob(evaluation.runner)));
      isWorking = true;
      await queue.work('deliver-webhook', { concurrency: settings.webhooks.concurrency }, ofWorkspace(deliverWebhookJob(hooks.sender)));
      await queue.work('send-notice', { concurrency: NOTICE_CONCURRENCY }, ofWorkspace(sendNoticeJob(notices)));
      await queue.work('deliver-fact', { concurrency: FACT_CONCURRENCY }, deliverFactJob(facts));
      scheduler.start();
      opened.push(() => scheduler.stop());
    },
    async drain() {
      intake.close();
      registry.drain();
      await queue.stopWork({ deadlineMs: settings.drainMs });
    },
  };
}

/** The SDK is loaded by those who trace, and by nobody else. */
async function openTracing({ tracesUrl }: Settings, { roles }: PlatformRole): Promise<Tracing> {
  if (tracesUrl === null) return NO_TRACING;
  const { createOtelTracing } = await import('./telemetry/otel-tracing.js');
  return createOtelTracing({ url: tracesUrl, version: VERSION, role: roles.join('+') || 'operator' });
}
