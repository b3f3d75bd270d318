import type { Transcriber } from '../contract.js';

/** Those that come with Undertone, in the order in which `auto` asks them. One that is only there because a program happens to be installed is never chosen by itself. */
export const BUILT_IN_TRANSCRIBERS = ['openai', 'sherpa-onnx', 'pocketsphinx'] as const;
const BY_NAME_ALONE: ReadonlySet<string> = new Set(['pocketsphinx']);

export interface ChosenTranscriber {
  readonly transcriber: Transcriber | null;
  /** Why there is none, for people; null where there is one. */
  readonly reason: string | null;
}

/** `none`, an id, or `auto`: a plugin's own that can work, else a built-in one that can. */
export function chooseTranscriber(all: readonly Transcriber[], setting: string): ChosenTranscriber {
  if (setting === 'none') return { transcriber: null, reason: 'Transcription is turned off (UNDERTONE_TRANSCRIBER=none).' };
  if (setting !== 'auto') {
    const named = all.find(({ id }) => id === setting);
    if (named === undefined) return { transcriber: null, reason: `No transcriber is called as UNDERTONE_TRANSCRIBER says; there are ${all.map(({ id }) => id).join(', ') || 'none'}.` };
    const problem = named.unavailable?.() ?? null;
    return problem === null ? { transcriber: named, reason: null } : { transcriber: null, reason: problem };
  }
  const isBuiltIn = ({ id }: Transcriber): boolean => (BUILT_IN_TRANSCRIBERS as readonly string[]).includes(id);
  const asked = [...all.filter((one) => !isBuiltIn(one)), ...BUILT_IN_TRANSCRIBERS.flatMap((id) => all.filter((one) => one.id === id))].filter(({ id }) => !BY_NAME_ALONE.has(id));
  const reasons: string[] = [];
  for (const transcriber of asked) {
    const problem = transcriber.unavailable?.() ?? null;
    if (problem === null) return { transcriber, reason: null };
    reasons.push(problem);
  }
  return { transcriber: null, reason: reasons.length === 0 ? 'No transcriber is loaded.' : reasons.join(' ') };
}
