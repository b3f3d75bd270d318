import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { writeWav } from './audio/wav-writer.js';
import type { CliAnalyzer, CliRuntime, FileAnalysis, RunningProcess } from './cli/cli-runtime.js';
import { secretsOpenToOthers } from './cli/private-files.js';
import { composeAnalyzer, packageFolder } from './compose-analyzer.js';
import { composeAsr } from './compose-asr.js';
import { composeDiarization } from './compose-diarization.js';
import { composeModels } from './compose-models.js';
import { API_ALONE, OPERATOR, SERVER, workerOf } from './compose-fleet.js';
import { readinessChecks } from './compose-readiness.js';
import { composePlatform, VERSION, type Platform } from './compose.js';
import { keepTemporaryFilesIn, readSettings } from './config.js';
import { readMigrations } from './db/migrations.js';
import { openDatabase } from './db/open-database.js';
import { UndertoneError } from './domain/errors.js';
import { resultDigest } from './domain/model.js';
import { visibleLabels } from './domain/scores.js';
import type { Settings } from './domain/settings.js';
import { buildApp } from './http/build-app.js';
import { buildWorkerApp } from './http/build-worker-app.js';
import { listen } from './http/listen.js';
import { createTokenVerifier } from './http/oidc-tokens.js';
import { assertSafeListen, type Guarded } from './http/safe-listen.js';
import { readTlsFiles } from './http/tls.js';
import { readTrustedDocuments } from './http/trusted-documents.js';
import { createLog } from './log.js';
import { memoryParts } from './plugins/memory-parts.js';
import { registerPlugins } from './plugins/registry.js';
import { openStorage } from './storage/open-storage.js';
import { sweepTemporaryFolders, temporaryFolder } from './temporary-folder.js';
import { operatorPrincipal } from './services/audit.js';
import { DEFAULT_WORKSPACE_ID } from './services/key.service.js';

/** What the `undertone` command stands on. Everything is opened only when a command asks for it. */
export function composeRuntime(): CliRuntime {
  let settings: Settings | undefined;
  const read = (): Settings => (settings ??= readSettings());
  return {
    version: VERSION,
    settings: read,
    openAnalyzer: () => openAnalyzer(read()),
    openModels: () => Promise.resolve(composeModels(read())),
    async openServices() {
      const platform = await composePlatform(read(), createLog('error'), OPERATOR);
      return { services: platform.services, encryption: platform.encryption, imports: platform.imports, workspaces: platform.workspaces, database: platform.database, operator: operatorPrincipal(DEFAULT_WORKSPACE_ID), close: () => platform.stop() };
    },
    serve: ({ withWorker }) => serve(read(), withWorker),
    work: ({ models, concurrency }) => work({ ...read(), ...(concurrency === null ? {} : { workerConcurrency: concurrency }) }, models),
    async checkConfinement() {
      const folder = temporaryFolder(read().dataDir);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const analyzer = composeAnalyzer(read(), createLog('error'));
      try {
        return await analyzer.prepareDecoder();
      } finally {
        await analyzer.stop();
      }
    },
    pingStorage: async () => (await openStorage(read(), temporaryFolder(read().dataDir))).ping(),
    async migrate() {
      const { databaseUrl, dataDir, logLevel } = read();
      const database = await openDatabase({ url: databaseUrl ?? undefined, dataDir, log: createLog(logLevel) });
      await database.close();
      const { appliedMigrations } = database;
      return { applied: appliedMigrations, alreadyAppliedCount: readMigrations().length - appliedMigrations.length };
    },
  };
}

async function serve(settings: Settings, withWorker: boolean): Promise<RunningProcess> {
  const log = createLog(settings.logLevel);
  await warnOfOpenSecrets(settings, log);
  const platform = await composePlatform(settings, log, withWorker ? SERVER : API_ALONE);
  let opened: { close(): Promise<unknown> } | undefined;
  try {
    await sweepTemporaryFolders(settings.dataDir);
    await mkdir(temporaryFolder(settings.dataDir), { recursive: true, mode: 0o700 });
    keepTemporaryFilesIn(temporaryFolder(settings.dataDir));
    // Before any key is made up: beyond loopback only with one that somebody chose.
    assertSafeListen(settings.host, await guarded(settings, platform));
    if (withWorker) await confineDecoder(settings, platform, log);
    const tls = await readTlsFiles(settings.tls);
    const app = await buildApp({
      services: platform.services, settings, schema: platform.api.schema(), log, webDir: join(packageFolder(), 'web', 'dist'),
      createContext: platform.api.createContext,
      checks: readinessChecks(platform, settings, withWorker), limiter: platform.limiter, registry: platform.metrics.registry, pluginFigures: () => platform.plugins.figures(), tracing: platform.tracing, directDownloads: settings.storage.directDownloads,
      ...(settings.oidc === null ? {} : { verifyToken: createTokenVerifier({ settings: settings.oidc, defaultWorkspaceId: DEFAULT_WORKSPACE_ID, workspaceExists: async (id) => (await platform.workspaces.list()).some((one) => one.id === id) }) }),
      ...(settings.trustedDocumentsFile === null ? {} : { trusted: readTrustedDocuments(settings.trustedDocumentsFile) }),
      ...(tls === null ? {} : { tls }),
      ...(settings.linkSecret === null ? {} : { pathKey: createHash('sha256').update(settings.linkSecret).digest() }),
    });
    if (withWorker) await platform.startWorker();
    opened = app;
    const { url } = await listen(app, { host: settings.host, port: settings.port, guarded: await guarded(settings, platform) });
    // Once it listens: made before, a key that nobody was shown would be left behind when the port is taken.
    const newAdminKey = await platform.keys.makeFirstAdminKey();
    // The first upload should not pay for the start of the model; a failure shows in the model's state.
    if (withWorker) void platform.analyzer.inference.load(platform.analyzer.inference.defaultModelId).catch((error: unknown) => log.warn({ err: error }, 'the default model did not load'));
    return {
      url,
      newAdminKey,
      async close() {
        // Reading goes on, and whoever waits for an analysis that is nearly done still gets it.
        await platform.drain();
        const late = setTimeout(() => app.server.closeAllConnections(), settings.drainMs);
        await app.close();
        clearTimeout(late);
        await platform.stop();
      },
    };
  } catch (error) {
    await opened?.close();
    await platform.stop();
    throw error;
  }
}

/** Said and gone on: to refuse would keep a machine down that only needs a chmod. */
async function warnOfOpenSecrets(settings: Settings, log: Logger): Promise<void> {
  const open = await secretsOpenToOthers(settings);
  if (open.length > 0) log.warn({ files: open }, 'others on this machine can read files with secrets; take the permission away with chmod 600');
}

async function guarded({ tls, behindProxy }: Settings, platform: Platform): Promise<Guarded> {
  return { hasKeys: (await platform.keys.countActive()) > 0, isEncrypted: tls !== null || behindProxy };
}

/** Nobody waits for it unless the settings refuse to go on without; a missing ffmpeg shows in what it fails at, and in the doctor. */
async function confineDecoder({ decoderConfinement }: Settings, { analyzer }: Platform, log: Logger): Promise<void> {
  const prepared = analyzer.prepareDecoder().then(
    (confinement) => log.info({ confinement }, 'the decoder is confined'),
    (error: unknown) => {
      if (error instanceof UndertoneError && error.code === 'DECODER_UNCONFINED') throw error;
      log.warn({ kind: error instanceof UndertoneError ? error.code : 'INTERNAL' }, 'the decoder could not be tried');
    },
  );
  if (decoderConfinement === 'required') await prepared;
  else void prepared;
}

async function work(settings: Settings, models: readonly string[] | null): Promise<RunningProcess> {
  if (settings.databaseUrl === null) {
    throw new UndertoneError('CONFIG_INVALID', 'A worker alone needs DATABASE_URL: the embedded database belongs to one process, and `undertone serve` has the worker in it.');
  }
  const log = createLog(settings.logLevel);
  await warnOfOpenSecrets(settings, log);
  const tls = await readTlsFiles(settings.tls);
  const platform = await composePlatform(settings, log, workerOf(models));
  const app = settings.workerPort === null ? null : buildWorkerApp({ keys: platform.keys, checks: readinessChecks(platform, settings, true), log, limiter: platform.limiter, registry: platform.metrics.registry, pluginFigures: () => platform.plugins.figures(), trustedProxies: settings.trustedProxies, ...(tls === null ? {} : { tls }) });
  const close = async (): Promise<void> => {
    await app?.close();
    await platform.stop();
  };
  try {
    await sweepTemporaryFolders(settings.dataDir);
    await mkdir(temporaryFolder(settings.dataDir), { recursive: true, mode: 0o700 });
    await confineDecoder(settings, platform, log);
    if (app !== null) await listen(app, { host: settings.host, port: settings.workerPort!, guarded: await guarded(settings, platform) });
    await platform.startWorker();
  } catch (error) {
    await close();
    throw error;
  }
  const first = platform.fleet.registry.nodes()[0]?.defaultModelId ?? null;
  if (first !== null) void platform.analyzer.inference.load(first).catch((error: unknown) => log.warn({ err: error }, 'the model did not load'));
  return { url: null, newAdminKey: null, close };
}

async function openAnalyzer(settings: Settings): Promise<CliAnalyzer> {
  const log: Logger = createLog('error');
  // The built-in plugins of an analysis alone: a plugins file belongs to a server.
  const asr = composeAsr(settings);
  const plugins = await registerPlugins([composeDiarization(settings), asr.plugin()], memoryParts());
  asr.bind(plugins);
  // Nothing interactive comes in beside it: no host is kept for that, and none stands back from the processor.
  const analyzer = composeAnalyzer({ ...settings, interactiveThreads: 0 }, log, { diarizer: () => plugins.diarizer, plugins });
  return {
    concurrency: Math.max(1, settings.modelHosts),
    describeModel(model) {
      const manifest = analyzer.inference.manifest(model ?? analyzer.inference.defaultModelId);
      return { id: manifest.id, version: manifest.version, digest: resultDigest(manifest), labels: visibleLabels(manifest) };
    },
    async analyzeFile(path, options): Promise<FileAnalysis> {
      const sha256 = await digestOf(path, options.signal);
      const modelId = options.model ?? analyzer.inference.defaultModelId;
      const result = await analyzer.pipeline.analyze({
        path, options: { modelId, raw: options.raw, speakers: options.speakers, speakerCount: options.speakerCount ?? null, roles: options.roles ?? settings.speakerRoles }, priority: 'bulk', signal: options.signal ?? new AbortController().signal,
        wantFrameFeatures: options.wantFrames ?? false, keepPcm: true,
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }), ...(options.stretches === undefined ? {} : { stretches: options.stretches }),
      });
      const pcm = result.pcm!;
      const { track, frameFeatures } = result;
      const frames = { hopSeconds: track.frameHopSeconds, rowCount: track.logits.length / track.labels.length, features: frameFeatures, logits: track.logits };
      return { sha256, outcome: result.outcome, pcm, frames, writeWav: (target) => writeWav(pcm, target), dispose: () => pcm.dispose() };
    },
    async close() {
      await plugins.stop();
      await analyzer.stop();
    },
  };
}

/** Opened without waiting, so that a pipe or a device is refused instead of read for ever. */
async function digestOf(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!(await handle.stat()).isFile()) throw new UndertoneError('NOT_AUDIO', 'This is not a regular file. Give the path of a recording.');
    for await (const chunk of handle.createReadStream({ autoClose: false, ...(signal === undefined ? {} : { signal }) }) as AsyncIterable<Buffer>) hash.update(chunk);
  } catch (error) {
    if (error instanceof UndertoneError || signal?.aborted === true) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new UndertoneError('BAD_INPUT', `The file cannot be read (${reason}). Check the path and the permissions.`, {}, { cause: error });
  } finally {
    await handle?.close();
  }
  return hash.digest('hex');
}
