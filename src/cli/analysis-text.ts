import { minuteSeconds } from '../domain/svg-plot.js';
import { bar } from './progress-line.js';
import { printable, table } from './terminal.js';
import type { Style } from './terminal.js';
import type { AnalysisReport, ReportedPrediction } from '../domain/analysis-report.js';

type Paint = (style: Style, text: string) => string;

/** The result of a file for people: summary, scores, segments, a timeline, warnings. */
export function analysisText(report: AnalysisReport, paint: Paint, columns: number): string {
  const { quality } = report;
  const heading = `${paint('bold', printable(report.file))}  ${minuteSeconds(report.durationSeconds, true)}  ${printable(quality.codec)} ${quality.originalSampleRateHz / 1000} kHz × ${quality.originalChannels}  model ${printable(report.model.id)} ${printable(report.model.version)}`;
  const parts = [`${heading}\n`, `${summaryLine(report, paint)}\n`];
  if (report.summary !== null) parts.push('\n', scoreBars(report.summary));
  if (report.speakers.length > 0) parts.push('\n', speakerTable(report));
  if (report.segments.length > 0) parts.push('\n', segmentTable(report));
  const timeline = timelineRows(report, Math.max(20, Math.min(120, columns) - 14));
  if (timeline !== '') parts.push('\n', timeline);
  if (report.warnings.length > 0) parts.push('\n', ...report.warnings.map((warning) => `${paint('yellow', `⚠ ${warning.code}`)} ${printable(warning.message)}\n`));
  return parts.join('');
}

function summaryLine(report: AnalysisReport, paint: Paint): string {
  const { summary, gate } = report;
  if (summary === null) return paint('yellow', `not judged: ${printable(gate.reason)}`);
  const calibration = summary.calibrated ? 'calibrated' : 'not calibrated';
  const verdict = summary.abstained ? `${paint('yellow', 'unsure')}, nearest is ${printable(summary.label)}` : paint('bold', printable(summary.label));
  return `${verdict}  confidence ${percent(summary.confidence)} (${calibration})  heard: ${gate.kind}, ${gate.speechSeconds.toFixed(1)} s of speech`;
}

function scoreBars(summary: ReportedPrediction): string {
  const rows = Object.entries(summary.scores).sort((a, b) => b[1] - a[1]);
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, score]) => `  ${printable(label).padEnd(width)}  ${bar(score, 30)} ${percent(score).padStart(6)}\n`).join('');
}

function speakerTable({ speakers, conversation }: AnalysisReport): string {
  const rows = speakers.map(({ key, role, talkSeconds, figures, summary }) => [
    printable(role === null ? key : `${role} (${key})`), minuteSeconds(talkSeconds, true), figures === null ? '–' : percent(figures.talkShare), String(figures?.turnCount ?? '–'), String(figures?.interruptionCount ?? '–'),
    figures?.responseSeconds == null ? '–' : `${figures.responseSeconds.toFixed(1)} s`, summary === null ? '–' : `${printable(summary.label)} ${percent(summary.confidence)}${summary.abstained ? ' unsure' : ''}`,
  ]);
  const whole = conversation === null ? '' : `nobody talks ${minuteSeconds(conversation.silenceSeconds, true)}, several at once ${minuteSeconds(conversation.overlapSeconds, true)}\n`;
  return `${table([['speaker', 'talks', 'share', 'turns', 'interrupts', 'answers after', 'emotion'], ...rows], [1, 2, 3, 4, 5])}${whole}`;
}

function segmentTable(report: AnalysisReport): string {
  const rows = report.segments.map((segment) => [
    minuteSeconds(segment.startSeconds, true),
    minuteSeconds(segment.endSeconds, true),
    printable(segment.speaker ?? '–'),
    segment.label === null ? `(${segment.gate})` : printable(segment.label),
    segment.confidence === null ? '–' : percent(segment.confidence),
    segment.label !== null && segment.abstained ? 'unsure' : '',
  ]);
  return table([['from', 'to', 'speaker', 'emotion', 'confidence', ''], ...rows], [0, 1, 4]);
}

const LEVELS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** One row a label, time to the right, height of the blocks the score; labels that never reach 5 % are left out. */
export function timelineRows(report: Pick<AnalysisReport, 'segments' | 'durationSeconds'>, width: number): string {
  const judged = report.segments.filter((segment) => segment.label !== null);
  const first = judged[0];
  if (first === undefined || report.durationSeconds <= 0) return '';
  const labels = Object.keys(first.scores).filter((label) => judged.some((segment) => (segment.scores[label] ?? 0) >= 0.05));
  const nameWidth = Math.max(...labels.map((label) => label.length), 8);
  const rows = labels.map((label) => {
    let cells = '';
    for (let i = 0; i < width; i++) {
      const middle = ((i + 0.5) / width) * report.durationSeconds;
      const segment = judged.find((each) => each.startSeconds <= middle && middle < each.endSeconds);
      cells += segment === undefined ? '·' : LEVELS[Math.round((segment.scores[label] ?? 0) * 8)] ?? '█';
    }
    return `${printable(label).padEnd(nameWidth)} │${cells}│\n`;
  });
  const end = minuteSeconds(report.durationSeconds);
  return `${rows.join('')}${' '.repeat(nameWidth)}  0:00${end.padStart(Math.max(0, width - 4))}\n`;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}
