import { join } from 'node:path';
import type { Settings } from './domain/settings.js';
import { VoiceSeparation } from './inference/diarization/voice-separation.js';
import type { UndertonePlugin } from './plugins/contract.js';
import { diarizationPlugin } from './plugins/diarization/diarization.plugin.js';
import { temporaryFolder } from './temporary-folder.js';

/** Where pulled and imported diarization models lie. */
export function diarizationFolder({ dataDir }: Pick<Settings, 'dataDir'>): string {
  return join(dataDir, 'diarization');
}

/** The built-in plugin over its own process; nothing is started before the first recording. */
export function composeDiarization(settings: Settings): UndertonePlugin {
  const engine = new VoiceSeparation({
    directory: diarizationFolder(settings), modelId: settings.diarizationModel, tempDir: temporaryFolder(settings.dataDir),
    threadCount: settings.modelThreads, idleUnloadMs: settings.modelIdleMs, hostEnvironment: settings.hostEnvironment,
  });
  return diarizationPlugin(engine, { maxSeconds: settings.maxDiarizationSeconds });
}
