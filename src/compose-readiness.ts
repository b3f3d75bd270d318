import type { Platform } from './compose.js';
import type { Settings } from './domain/settings.js';
import type { ReadinessCheck } from './http/health.route.js';

/** What a server needs to do its work, each with its true state now. Reasons stay in the log: the route is open to everybody. */
export function readinessChecks(platform: Platform, settings: Settings, withWorker: boolean): readonly ReadinessCheck[] {
  const { database, stored, fleet, analyzer } = platform;
  return [
    { name: 'database', run: () => database.ping() },
    { name: 'storage', run: () => stored.ping() },
    {
      name: 'disk',
      run: async () => {
        const free = await stored.freeBytes();
        if (free !== null && free < settings.minFreeBytes) throw new Error('free space is under the floor');
      },
    },
    { name: 'accepting', run: () => (platform.isDraining ? Promise.reject(new Error('the server is stopping')) : Promise.resolve()) },
    withWorker
      ? { name: 'model', run: () => requireModel(() => analyzer.inference.status(analyzer.inference.defaultModelId).state.kind !== 'failed') }
      // Without workers analyses wait, and everything else works: taking the servers out as well would make it worse.
      : { name: 'model', isAdvisory: true, run: () => requireModel(() => fleet.registry.nodes().some(({ roles, models, isDraining }) => roles.includes('worker') && !isDraining && models.some(({ state }) => state.kind !== 'failed'))) },
  ];
}

function requireModel(isThere: () => boolean): Promise<void> {
  return isThere() ? Promise.resolve() : Promise.reject(new Error('no model is there that could run'));
}
