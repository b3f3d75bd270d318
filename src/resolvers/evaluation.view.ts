import type { Interval } from '../domain/bootstrap.js';
import type { EvaluationReport, GroupFigures } from '../domain/evaluation-report.js';
import type { EvaluationFigures, EvaluationReportType, MeasuredFigure } from './evaluation-report.type.js';
import type { Plain } from './plain.js';

/** The stored report in the shape of the API: each figure beside its interval. */
export function reportView(report: EvaluationReport): Plain<EvaluationReportType> {
  return {
    labels: report.model.labels,
    calibrationVersions: report.calibrationVersions,
    warnings: report.warnings,
    unknownLabels: report.excluded.unknownLabels,
    failed: report.excluded.failed.map(({ path, code, message }) => ({ recordingId: path, code, message })),
    overall: figuresView(report.overall),
    slices: report.slices.map(({ dimension, value, isSmall, metrics, intervals }) => ({
      dimension, value, isSmall, itemCount: metrics.itemCount, speakerCount: intervals.clusterCount,
      weightedAccuracy: measured(metrics.weightedAccuracy, intervals.weightedAccuracy), unweightedAccuracy: measured(metrics.unweightedAccuracy, intervals.unweightedAccuracy),
      macroF1: measured(metrics.macroF1, intervals.macroF1), expectedCalibrationError: measured(metrics.expectedCalibrationError, intervals.expectedCalibrationError),
    })),
    softLabels: report.softLabels,
    mostConfidentMistakes: report.mostConfidentMistakes.map(({ path, ...mistake }) => ({ ...mistake, recordingId: path })),
  };
}

function figuresView({ metrics, intervals, confusion, reliability, coverageIntervals, ...figures }: GroupFigures): Plain<EvaluationFigures> {
  return {
    itemCount: metrics.itemCount, speakerCount: intervals.clusterCount, notJudgedCount: metrics.notJudgedCount, abstainedCount: figures.abstainedCount,
    weightedAccuracy: measured(metrics.weightedAccuracy, intervals.weightedAccuracy),
    unweightedAccuracy: measured(metrics.unweightedAccuracy, intervals.unweightedAccuracy),
    macroF1: measured(metrics.macroF1, intervals.macroF1),
    weightedF1: measured(metrics.weightedF1, intervals.weightedF1),
    expectedCalibrationError: measured(metrics.expectedCalibrationError, intervals.expectedCalibrationError),
    brier: measured(metrics.brier, intervals.brier),
    negativeLogLikelihood: measured(metrics.negativeLogLikelihood, intervals.negativeLogLikelihood),
    setCoverage: figures.setCoverage, meanSetSize: figures.meanSetSize,
    perClass: metrics.perClass.map(({ label, support, precision, recall, f1 }, k) => ({
      label, support, precision: measured(precision, intervals.perClassPrecision[k] ?? null), recall: measured(recall, intervals.perClassRecall[k] ?? null), f1: measured(f1, intervals.perClassF1[k] ?? null),
    })),
    confusion, coverage: coverageIntervals,
    reliability: reliability.map((bin, k) => ({ ...bin, interval: intervals.reliabilityAccuracy[k] ?? null })),
  };
}

function measured(value: number | null, interval: Interval | null): Plain<MeasuredFigure> {
  return { value, interval: value === null ? null : interval };
}
