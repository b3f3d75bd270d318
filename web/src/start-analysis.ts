import { ApiError, type Api } from './api.js';
import { ANALYZE } from './documents.js';
import type { AnalyzeChoices } from './types.js';

const ATTEMPTS = 5;
const LONGEST_WAIT_MS = 20_000;

/**
 * Asks for an analysis and gives its id. A full queue is waited out as long as the server says; the idempotency key makes
 * the repeated request the same request. Anything else that goes wrong is thrown as an ApiError.
 */
export async function startAnalysis(api: Api, recordingId: string, choices: AnalyzeChoices, signal?: AbortSignal): Promise<string> {
  const input = { recordingId, ...choices, idempotencyKey: randomKey() };
  for (let attempt = 1; ; attempt++) {
    const { analyzeRecording: result } = await api.run(ANALYZE, { input }, signal);
    if (result.id !== undefined) return result.id;
    const problem = new ApiError(result.code ?? 'BAD_ANSWER', result.message ?? 'The analysis could not be started.');
    if (result.__typename !== 'OverloadedProblem' || attempt === ATTEMPTS) throw problem;
    await new Promise((resolve) => setTimeout(resolve, Math.min(result.retryAfterMs ?? 1000, LONGEST_WAIT_MS)));
  }
}

/** `crypto.randomUUID` is missing where the page is served over plain HTTP beyond localhost; this is not. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
