import { UndertoneError } from '../domain/errors.js';

export interface TurnLimits {
  /** Requests of one caller that are worked on at the same time, on this node. */
  readonly turnsPerCaller: number;
  /** Of all callers together; a free one goes to whoever's last is longest ago. */
  readonly turnsAtOnce: number;
  /** After so long a turn is somebody else's, although its request goes on: one that waits for a database or a model costs others little. */
  readonly turnMs: number;
  /** A caller who has been the only one for so long may have all the turns: there is nobody to wait for it. */
  readonly aloneAfterMs: number;
  /** Of one caller; more are RATE_LIMITED. */
  readonly waitingPerCaller: number;
}

/** Lets callers take turns, so that one who asks for a thousand things at once waits for itself and not everybody for it. */
export interface Turns {
  /** The function ends the turn; it may be called again. RATE_LIMITED where too many requests of the caller wait. Null: the request has gone meanwhile. */
  take(caller: string, gone?: AbortSignal): Promise<(() => void) | null>;
}

interface Caller {
  active: number;
  /** Which turn of all was its last; 0: it has had none since it came. */
  lastTurn: number;
  readonly waiting: (() => void)[];
}

export function createTurns({ turnsPerCaller, turnsAtOnce, turnMs, aloneAfterMs, waitingPerCaller }: TurnLimits): Turns {
  const callers = new Map<string, Caller>();
  let active = 0;
  let turnCount = 0;
  let lastToAsk = '';
  let othersAskedAt = 0;
  const turnsOfOne = (): number => (performance.now() - othersAskedAt >= aloneAfterMs ? turnsAtOnce : turnsPerCaller);

  function begin(name: string, caller: Caller): () => void {
    caller.active += 1;
    caller.lastTurn = ++turnCount;
    active += 1;
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      caller.active -= 1;
      active -= 1;
      if (caller.active === 0 && caller.waiting.length === 0) callers.delete(name);
      next();
    };
    const timer = setTimeout(end, turnMs).unref();
    return end;
  }

  function next(): void {
    const most = turnsOfOne();
    while (active < turnsAtOnce) {
      let longest: Caller | null = null;
      for (const caller of callers.values()) {
        if (caller.active < most && caller.waiting.length > 0 && (longest === null || caller.lastTurn < longest.lastTurn)) longest = caller;
      }
      if (longest === null) return;
      longest.waiting.shift()!();
    }
  }

  return {
    take(name, gone) {
      if (name !== lastToAsk) othersAskedAt = performance.now();
      lastToAsk = name;
      const caller = callers.get(name) ?? { active: 0, lastTurn: 0, waiting: [] };
      callers.set(name, caller);
      if (caller.active < turnsOfOne() && active < turnsAtOnce) return Promise.resolve(begin(name, caller));
      if (caller.waiting.length >= waitingPerCaller) {
        return Promise.reject(new UndertoneError('RATE_LIMITED', `${waitingPerCaller} requests of this key wait for their turn already. Send the next when some of them are answered.`, { limit: waitingPerCaller, remaining: 0, retryAfterMs: 1000, resetMs: 1000 }));
      }
      return new Promise((resolve) => {
        const leave = (): void => {
          const place = caller.waiting.indexOf(start);
          if (place >= 0) caller.waiting.splice(place, 1);
          if (caller.active === 0 && caller.waiting.length === 0) callers.delete(name);
          resolve(null);
        };
        const start = (): void => {
          gone?.removeEventListener('abort', leave);
          resolve(begin(name, caller));
        };
        caller.waiting.push(start);
        if (gone?.aborted === true) leave();
        else gone?.addEventListener('abort', leave, { once: true });
      });
    },
  };
}
