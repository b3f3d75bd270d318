import { UndertoneError } from '../../domain/errors.js';
import { samplesToSeconds, type PcmSource } from '../../domain/pcm.js';
import { speakerKeys, tidyStretches, type SpokenStretch } from '../../domain/speaker-turns.js';
import { PLUGIN_API_VERSION, type DiarizeOptions, type UndertonePlugin } from '../contract.js';
import { BUILT_IN_DIARIZATION } from '../plugin-host.js';

/** What does the work: a model in a process of its own, which the plugin is given and ends. */
export interface VoiceEngine {
  unavailable(): string | null;
  separate(pcm: PcmSource, options: DiarizeOptions): Promise<readonly SpokenStretch[]>;
  stop(): Promise<void>;
}

/** The built-in diarizer. Any other plugin's takes its place. */
export function diarizationPlugin(engine: VoiceEngine, settings: { readonly maxSeconds: number }): UndertonePlugin {
  return {
    name: BUILT_IN_DIARIZATION,
    apiVersion: PLUGIN_API_VERSION,
    register(host) {
      host.addDiarizer({
        id: 'sherpa-onnx',
        unavailable: () => engine.unavailable(),
        async diarize(pcm, options) {
          const seconds = samplesToSeconds(pcm.sampleCount);
          if (seconds > settings.maxSeconds) throw new UndertoneError('AUDIO_TOO_LONG', `${seconds.toFixed(0)} s are more than the ${settings.maxSeconds} s whose speakers are told apart (UNDERTONE_MAX_DIARIZATION_SECONDS).`, { seconds, maxSeconds: settings.maxSeconds });
          return inOrderOfAppearance(await engine.separate(pcm, options));
        },
      });
    },
    stop: () => engine.stop(),
  };
}

/** `speaker-1` is who speaks first: the numbers of a clustering mean nothing and change with a sample. */
export function inOrderOfAppearance(stretches: readonly SpokenStretch[]): SpokenStretch[] {
  const keys = speakerKeys(stretches);
  return tidyStretches(stretches.map((stretch) => ({ ...stretch, speaker: `speaker-${keys.indexOf(stretch.speaker) + 1}` })));
}
