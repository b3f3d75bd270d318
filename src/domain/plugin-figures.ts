/** What one step, listener or GraphQL field (`Query.note`) of a plugin has done since the start of the process. */
export interface StepFigures {
  readonly plugin: string;
  readonly step: string;
  readonly calls: number;
  readonly failures: number;
  /** Calls that were not made because the circuit was open. */
  readonly leftOut: number;
  readonly seconds: number;
  /** True while it is left out after repeated failure. */
  readonly isOpen: boolean;
}
