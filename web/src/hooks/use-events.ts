import { useEffect, useRef } from 'preact/hooks';
import type { Api } from '../api.js';
import type { Operation } from '../operation.js';

/** Where no WebSocket gets through, what is shown is as old as this. */
const LOOK_AGAIN_MS = 30_000;

/**
 * A subscription for as long as the view is there. `onMissed` is called when something may have been missed, and every half
 * minute while nothing can be heard at all.
 */
export function useEvents<Result>(api: Api, operation: Operation<Result, Record<string, never>>, onEvent: (result: Result) => void, onMissed: () => void): void {
  const latest = useRef({ onEvent, onMissed });
  latest.current = { onEvent, onMissed };
  useEffect(() => {
    let timer = 0;
    let end: () => void = () => undefined;
    const listen = (): void => {
      end = api.subscribe(operation, {}, (result) => latest.current.onEvent(result), () => {
        timer = window.setTimeout(() => {
          latest.current.onMissed();
          listen();
        }, LOOK_AGAIN_MS);
      });
    };
    listen();
    const forget = api.onReconnected(() => latest.current.onMissed());
    return () => {
      forget();
      end();
      window.clearTimeout(timer);
    };
  }, [api, operation]);
}
