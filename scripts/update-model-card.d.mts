import type { EvaluationReport } from '../src/cli/eval-report.js';

export function withFigures(card: string, report: EvaluationReport): string;
export function figures(report: EvaluationReport): string;
