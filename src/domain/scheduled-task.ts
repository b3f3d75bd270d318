/** What a task may use: use cases only. The scheduler knows nothing of what they do. */
export interface TaskContext {
  readonly signal: AbortSignal;
  readonly log: (message: string, figures: Readonly<Record<string, number>>) => void;
}

/** A scheduled task as data. One file a task. */
export interface ScheduledTask {
  readonly id: string;
  /** Cron expression with five fields, in `timeZone`. */
  readonly schedule: string;
  readonly timeZone: string;
  /** Past it the signal is aborted and the run counts as failed. */
  readonly timeoutMs: number;
  run(context: TaskContext): Promise<void>;
}
