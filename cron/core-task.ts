import type { ScheduledTask } from '../src/domain/scheduled-task.js';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

export interface CoreTask extends Pick<ScheduledTask, 'id' | 'schedule' | 'timeoutMs'> {
  readonly description: string;
  /** Answers what it did, or with `isDryRun` what it would do: counted on the same way, and nothing is changed. */
  readonly work: (signal: AbortSignal, isDryRun: boolean) => Promise<Readonly<Record<string, number>>>;
}

/** A task of the core: each has a dry run, and a run that found nothing to do writes no line to the log. */
export function coreTask({ work, ...task }: CoreTask): ScheduledTask {
  return {
    ...task,
    timeZone: 'UTC',
    async run({ signal, log }) {
      const figures = await work(signal, false);
      if (Object.values(figures).some((figure) => figure !== 0)) log(`${task.id} is done`, figures);
    },
    async dryRun({ signal, log }) {
      log(`${task.id} would do this`, await work(signal, true));
    },
  };
}
