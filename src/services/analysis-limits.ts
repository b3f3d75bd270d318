import type { AnalysisChargeRepository, ChargedUse } from '../db/analysis-charge.repository.js';
import type { Transaction } from '../db/database.js';
import { UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import type { AnalysisLimitSettings } from '../domain/settings.js';

const HOUR_MS = 3600_000;
/** Nobody knows when an analysis will end; asking more often than this gains nothing. */
const RETRY_MS = 2000;

/** How much a key, or its workspace, may still have analysed. */
export interface Allowance {
  readonly name: string;
  readonly limit: number;
  readonly remaining: number;
  readonly unit: string;
  /** Until all of it is there again; null where it depends on when analyses end. */
  readonly resetMs: number | null;
}

/** Audio by the hour and analyses at once, of each key and each workspace. Counted in the database, so that all nodes count together. */
export interface AnalysisLimits {
  /** In the transaction that adds the analysis: charges it. RATE_LIMITED with `limit`, `remaining`, `retryAfterMs` and `resetMs`, which undoes it. */
  admit(tx: Transaction, principal: Principal, analysisId: string): Promise<void>;
  /** In the transaction that writes its result: only now its length is known. One that passes the limit is let end, and the next ones wait for it. */
  settle(tx: Transaction, analysisId: string, audioSeconds: number): Promise<void>;
  /** Those that are set. */
  allowances(principal: Principal): Promise<readonly Allowance[]>;
}

interface Measured extends Allowance {
  readonly setting: string;
  readonly retryAfterMs: number;
}

/** Null where no limit is set: the way of an analysis then has no statement more. */
export function createAnalysisLimits(settings: AnalysisLimitSettings, charges: AnalysisChargeRepository, now: () => number = Date.now): AnalysisLimits | null {
  if (Object.values(settings).every((limit) => limit === 0)) return null;
  const since = (): Date => new Date(now() - HOUR_MS);

  function measured({ key, workspace }: { readonly key: ChargedUse; readonly workspace: ChargedUse }): readonly Measured[] {
    return [
      audio('keyAudioMinutes', settings.keyAudioMinutes, 'UNDERTONE_KEY_AUDIO_MINUTES_PER_HOUR', key),
      audio('workspaceAudioMinutes', settings.workspaceAudioMinutes, 'UNDERTONE_WORKSPACE_AUDIO_MINUTES_PER_HOUR', workspace),
      atOnce('keyConcurrentAnalyses', settings.keyConcurrent, 'UNDERTONE_KEY_CONCURRENT_ANALYSES', key),
      atOnce('workspaceConcurrentAnalyses', settings.workspaceConcurrent, 'UNDERTONE_WORKSPACE_CONCURRENT_ANALYSES', workspace),
    ].filter(({ limit }) => limit > 0);
  }

  function audio(name: string, limit: number, setting: string, { audioSeconds, oldestAt }: ChargedUse): Measured {
    const retryAfterMs = oldestAt === null ? 0 : Math.max(1, oldestAt.getTime() + HOUR_MS - now());
    return { name, setting, limit, remaining: Math.max(0, Math.round((limit - audioSeconds / 60) * 100) / 100), unit: 'minutes of audio an hour', retryAfterMs, resetMs: audioSeconds === 0 ? 0 : HOUR_MS };
  }

  function atOnce(name: string, limit: number, setting: string, { runningCount }: ChargedUse): Measured {
    return { name, setting, limit, remaining: Math.max(0, limit - runningCount), unit: 'analyses at once', retryAfterMs: RETRY_MS, resetMs: runningCount === 0 ? 0 : null };
  }

  return {
    async admit(tx, principal, analysisId) {
      const usedUp = measured(await charges.lockedUse(tx, principal, since())).find(({ remaining }) => remaining === 0);
      if (usedUp !== undefined) throw refusal(usedUp);
      await charges.insert(tx, principal, analysisId, new Date(now()), since());
    },
    settle: (tx, analysisId, audioSeconds) => charges.settle(tx, analysisId, audioSeconds, new Date(now())),
    async allowances(principal) {
      return measured(await charges.use(principal, since())).map(({ name, limit, remaining, unit, resetMs }) => ({ name, limit, remaining, unit, resetMs }));
    },
  };
}

function refusal({ limit, remaining, unit, setting, retryAfterMs, resetMs }: Measured): UndertoneError {
  return new UndertoneError('RATE_LIMITED', `At most ${limit} ${unit} are allowed (${setting}), and they are used up. Retry in ${retryAfterMs} ms.`, { limit, remaining, retryAfterMs, resetMs: resetMs ?? retryAfterMs });
}
