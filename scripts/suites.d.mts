export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly reasons: readonly string[];
}
export function countReport(path: string, exitCode: number): SuiteResult;
