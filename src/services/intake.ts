import { UndertoneError } from '../domain/errors.js';

/** Whether this process takes new work. Once closed it stays closed: the process is on its way out. */
export interface Intake {
  readonly isClosed: boolean;
  close(): void;
  /** Throws SHUTTING_DOWN once closed; reading goes on until the end. */
  assertOpen(): void;
}

export function createIntake(): Intake {
  let isClosed = false;
  return {
    get isClosed() {
      return isClosed;
    },
    close() {
      isClosed = true;
    },
    assertOpen() {
      if (isClosed) throw new UndertoneError('SHUTTING_DOWN', 'This server is stopping and takes no new work. Send the request to another one, or again in a moment.', { retryAfterMs: 1000 });
    },
  };
}
