import type { FastifyInstance } from 'fastify';

/** One part that the server needs; `run` rejects where it is not there, and gives up when the signal fires. */
export interface ReadinessCheck {
  readonly name: string;
  /** Shown, but the server counts as ready without it. */
  readonly isAdvisory?: boolean;
  run(signal: AbortSignal): Promise<unknown>;
}

interface Readiness {
  readonly ready: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
}

/** Answers are kept so long: the route is open to everybody and must not become a way to load the database. */
const KEPT_MS = 1000;

/**
 * `/healthz`: the process answers. `/readyz`: what it needs is there; 503 with the names of what is not. Both are open, so
 * they say no more than that; reasons go to the log.
 */
export function registerHealth(app: FastifyInstance, checks: readonly ReadinessCheck[], timeoutMs: number): void {
  let kept: { readonly atMs: number; readonly result: Promise<Readiness> } | null = null;

  const readiness = async (): Promise<Readiness> => {
    const results = await Promise.all(checks.map(async (check) => ({ name: check.name, ok: await passes(check) })));
    return { ready: results.every(({ ok }, i) => ok || checks[i]!.isAdvisory === true), checks: results };
  };
  const passes = async (check: ReadinessCheck): Promise<boolean> => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      await Promise.race([check.run(signal), new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('too slow'))))]);
      return true;
    } catch (error) {
      app.log.warn({ check: check.name, kind: error instanceof Error ? error.name : typeof error }, 'readiness check failed');
      return false;
    }
  };

  app.get('/healthz', { config: { access: 'public' } }, () => ({ status: 'ok' }));
  app.get('/readyz', { config: { access: 'public' } }, async (_request, reply) => {
    if (kept === null || Date.now() - kept.atMs > KEPT_MS) kept = { atMs: Date.now(), result: readiness() };
    const { ready, checks: results } = await kept.result;
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks: results });
  });
}
