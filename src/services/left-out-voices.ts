import type { AnalysisWarning, AnalysisWindow } from '../domain/analysis.js';
import { UndertoneError } from '../domain/errors.js';
import type { ForbiddenVoice } from '../domain/law/voices.js';

/** LAW_PROHIBITED where a forbidden voice cannot be kept apart: in a mix nobody can say whose sound a window holds. */
export function allowedWindows(windows: readonly AnalysisWindow[], leftOut: readonly ForbiddenVoice[]): readonly AnalysisWindow[] {
  if (leftOut.length === 0) return windows;
  if (windows.some(({ speaker }) => speaker === null)) {
    const [{ article, source, tableVersion, name, role }] = leftOut as [ForbiddenVoice, ...ForbiddenVoice[]];
    throw new UndertoneError('LAW_PROHIBITED', `${article ?? ''} forbids to infer emotions of ${name ?? 'a speaker whom nobody has named'} (${role}), and this recording does not have each speaker on a channel of its own, so nobody can be left out. Nothing was judged.`, { article: article ?? '', source: source ?? '', tableVersion, role });
  }
  const forbidden = new Set(leftOut.map(({ channel }) => `channel-${channel}`));
  return windows.filter(({ speaker }) => !forbidden.has(speaker ?? ''));
}

export function leftOutWarning({ channel, name, role, article }: ForbiddenVoice): AnalysisWarning {
  return { code: 'VOICE_LEFT_OUT', message: `Channel ${channel} (${name ?? 'nobody named'}: ${role}) was not judged: ${article ?? 'the law'} forbids it.` };
}
