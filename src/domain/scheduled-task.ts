/** What a task may use: use cases only. The scheduler knows nothing of what they do. */
export interface TaskContext {
  readonly signal: AbortSignal;
  readonly log: (message: string, figures: Readonly<Record<string, number>>) => void;
}

/** A scheduled task as data. One file a task. */
export interface ScheduledTask {
  readonly id: string;
  /** For people: what it does. */
  readonly description?: string;
  /** Cron expression with five fields, in `timeZone`. */
  readonly schedule: string;
  readonly timeZone: string;
  /** Past it the signal is aborted and the run counts as failed. */
  readonly timeoutMs: number;
  run(context: TaskContext): Promise<void>;
  /** Says through `log` what `run` would do, and changes nothing. */
  dryRun?(context: TaskContext): Promise<void>;
}

export type TaskRunState = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'SKIPPED';
/** MISSED: the firing passed while no node ran. */
export type TaskRunCause = 'SCHEDULE' | 'MISSED' | 'HAND';

export interface TaskRunRecord {
  readonly id: string;
  readonly taskId: string;
  readonly firingAt: Date;
  readonly cause: TaskRunCause;
  readonly isDryRun: boolean;
  readonly state: TaskRunState;
  /** Host and process. */
  readonly node: string;
  readonly startedAt: Date;
  /** After it, a run that did not end belongs to a process that died. */
  readonly deadlineAt: Date;
  readonly durationMs: number | null;
  readonly failure: string | null;
  /** What it said that it did. */
  readonly figures: Readonly<Record<string, number>> | null;
}

/** Where the nodes of a fleet agree on who runs what. */
export interface TaskRunStore {
  /** True for exactly one caller a firing, over all nodes, and for none while another run of the task goes on. */
  claim(run: Pick<TaskRunRecord, 'id' | 'taskId' | 'firingAt' | 'cause' | 'isDryRun' | 'node' | 'startedAt' | 'deadlineAt'>): Promise<boolean>;
  finish(id: string, outcome: { readonly state: 'SUCCEEDED' | 'FAILED'; readonly durationMs: number; readonly failure: string | null; readonly figures: Readonly<Record<string, number>> }): Promise<void>;
  /** Notes a firing as passed over, when a task is seen for the first time. */
  skip(taskId: string, firingAt: Date, node: string): Promise<void>;
  /** The newest firing of the schedule that was claimed or skipped. */
  lastFiring(taskId: string): Promise<Date | null>;
}
