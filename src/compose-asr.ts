import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageFolder } from './compose-analyzer.js';
import { temporaryFolder } from './temporary-folder.js';
import { UndertoneError } from './domain/errors.js';
import type { Settings } from './domain/settings.js';
import { SpeechRecognition } from './inference/speech-to-text/speech-recognition.js';
import { TextClassification } from './inference/text/text-classification.js';
import { asrCrossCheckPlugin, chosenTranscriber, COMPARE_DEADLINE_MS, type AsrCrossCheckParts } from './plugins/asr-cross-check/asr-cross-check.plugin.js';
import { ASR_CROSS_CHECK, crossCheck, readByModelIfItCan, WARNING_PREFIX, warningsOf } from './plugins/asr-cross-check/cross-check.js';
import { joinLexicons, parseLexicon, type LexiconFile } from './plugins/asr-cross-check/lexicon.js';
import { openAiTranscriber } from './plugins/asr-cross-check/openai-transcriber.js';
import { pocketsphinxTranscriber } from './plugins/asr-cross-check/pocketsphinx-transcriber.js';
import { sherpaTranscriber } from './plugins/asr-cross-check/sherpa-transcriber.js';
import type { Transcriber, UndertonePlugin } from './plugins/contract.js';
import type { Plugins } from './plugins/registry.js';
import type { TranscriptionFacts } from './resolvers/request-context.js';
import type { WordComparison } from './services/transcript.service.js';

/** Where pulled and imported speech models lie. */
export function speechFolder({ dataDir }: Pick<Settings, 'dataDir'>): string {
  return join(dataDir, 'speech');
}

/** The transcribers that come with Undertone; none of them starts anything before it is used. */
function builtInTranscribers(settings: Settings): AsrCrossCheckParts['transcribers'] {
  const { transcription, dataDir } = settings;
  const { url, key, model, allowPrivate, timeoutMs } = transcription;
  const engine = new SpeechRecognition({ directory: speechFolder(settings), modelId: url === null ? model : null, timeoutMs, threadCount: settings.modelThreads, idleUnloadMs: settings.modelIdleMs, hostEnvironment: settings.hostEnvironment });
  return [openAiTranscriber({ url, key, model: model ?? 'whisper-1', allowPrivate, timeoutMs }), sherpaTranscriber(engine), pocketsphinxTranscriber({ tempDir: temporaryFolder(dataDir), timeoutMs })];
}

const MAX_LEXICON_BYTES = 16 * 1024 * 1024;

export interface CrossChecking {
  readonly plugin: () => UndertonePlugin;
  /** The same comparison for transcripts that are imported; it is off with the plugin. */
  readonly comparison: WordComparison;
  readonly facts: () => TranscriptionFacts;
  /** To be called once plugins are registered. */
  bind(plugins: Pick<Plugins, 'transcribers' | 'names'>): void;
}

/** The lexicons that come with Undertone and those of the settings, read once. */
function readLexicons({ transcription }: Pick<Settings, 'transcription'>): AsrCrossCheckParts['lexicons'] {
  const own = ['en.tsv', 'zh.tsv'].map((name) => join(packageFolder(), 'lexicon', name));
  return joinLexicons([...own, ...transcription.lexiconFiles].map(readLexicon));
}

function readLexicon(path: string): LexiconFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UndertoneError('CONFIG_INVALID', `A lexicon of UNDERTONE_LEXICON_FILES cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}). Check the path and the permissions.`, {}, { cause: error });
  }
  if (Buffer.byteLength(text) > MAX_LEXICON_BYTES) throw new UndertoneError('CONFIG_INVALID', `A lexicon of UNDERTONE_LEXICON_FILES has more than ${MAX_LEXICON_BYTES} bytes. Split it or leave out what is rare.`);
  return parseLexicon(text, basename(path));
}

export function composeAsr(settings: Settings): CrossChecking {
  const { transcription } = settings;
  const lexicons = readLexicons(settings);
  const reader = transcription.textModelDir === null ? null : new TextClassification({ folder: transcription.textModelDir, timeoutMs: transcription.timeoutMs, threadCount: settings.modelThreads, idleUnloadMs: settings.modelIdleMs, hostEnvironment: settings.hostEnvironment });
  let bound: Pick<Plugins, 'transcribers' | 'names'> = { transcribers: [], names: [] };
  const isOn = (): boolean => bound.names.includes(ASR_CROSS_CHECK);
  const parts: AsrCrossCheckParts = { transcribers: builtInTranscribers(settings), all: () => bound.transcribers, setting: transcription.transcriber, lexicons, reader, timeoutMs: transcription.timeoutMs };
  return {
    plugin: () => asrCrossCheckPlugin(parts),
    comparison: {
      warningPrefix: WARNING_PREFIX,
      async compare(words, segments, language) {
        if (!isOn()) return null;
        const { byModel, warnings } = await readByModelIfItCan(reader, words, language, AbortSignal.timeout(COMPARE_DEADLINE_MS));
        const crossChecked = crossCheck(words, segments, language, lexicons, byModel);
        return { crossCheck: crossChecked, warnings: [...warnings, ...warningsOf(crossChecked)] };
      },
    },
    facts() {
      const { transcriber, reason } = isOn() ? chosenTranscriber(parts) : { transcriber: null, reason: `The plugin ${ASR_CROSS_CHECK} is turned off.` };
      return {
        transcriber: transcriber?.id ?? null, reason, languages: [...new Set([...lexicons.keys(), ...(reader?.languages ?? [])])].sort(),
        transcribers: bound.transcribers.map((one: Transcriber) => ({ id: one.id, problem: one.unavailable?.() ?? null, isChosen: one === transcriber })),
      };
    },
    bind: (plugins) => {
      bound = plugins;
    },
  };
}
