import { escapeXml, line, minuteSeconds, px, rect, svgDocument, text, timeTicks } from './svg-plot.js';
import type { PlotBox } from './svg-plot.js';
import type { ReportedOutcome } from './analysis-report.js';
import type { Interval } from './intervals.js';
import type { SpokenStretch } from './speaker-turns.js';
import { lanesHeight, speakerDefs, speakerLanes, type SpeakerLane } from './svg-speakers.js';

export interface AnalysisPlot {
  readonly title: string;
  readonly durationSeconds: number;
  /** Lowest and highest sample of each of equally long buckets, −1 to 1. */
  readonly waveform: { readonly minimum: readonly number[]; readonly maximum: readonly number[] };
  readonly speechRegions: readonly { readonly startSeconds: number; readonly endSeconds: number }[];
  /** One lane each; none where speakers were not told apart. */
  readonly speakers?: readonly SpeakerLane[];
  readonly stretches?: readonly SpokenStretch[];
  /** Where several talk at once. */
  readonly overlaps?: readonly Interval[];
  readonly labels: readonly string[];
  readonly segments: readonly PlotSegment[];
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  /** One line under the title, e.g. the summary. */
  readonly subtitle: string;
}

export interface PlotSegment {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly speaker: string | null;
  /** What was heard: `speech`, or why it was not judged. */
  readonly gate: string;
  /** Null when the gate kept it from being judged. */
  readonly label: string | null;
  /** Scores of pieces of the segment in order, or of the whole of it in one. Empty where `label` is null. */
  readonly bins: readonly PlotBin[];
}

export interface PlotBin {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly scores: Readonly<Record<string, number>>;
}

/** Fill and hatch of each label: greys far enough apart and different hatches, so that print and colour blindness lose nothing. */
const STYLES = [
  { fill: '#d1495b', hatch: 'M0 0L8 8' }, { fill: '#7a8c3a', hatch: 'M0 8L8 0' }, { fill: '#8d5a97', hatch: 'M0 4H8' },
  { fill: '#f2b134', hatch: 'M4 0V8' }, { fill: '#c9d1d9', hatch: '' }, { fill: '#8b949e', hatch: 'M0 0L8 8M0 8L8 0' },
  { fill: '#3b6ea8', hatch: 'M0 2H8M0 6H8' }, { fill: '#4fb0ae', hatch: 'M2 0V8M6 0V8' }, { fill: '#57606a', hatch: 'M4 0V8M0 4H8' },
] as const;

/** The line under the title: how long, what, how sure, by which model. */
export function subtitleOf({ durationSeconds, summary, gate, model }: Pick<ReportedOutcome, 'durationSeconds' | 'summary' | 'gate' | 'model'>): string {
  const verdict = summary === null ? `not judged: ${gate.reason}` : `${summary.label} ${(summary.confidence * 100).toFixed(0)} %${summary.abstained ? ' (unsure)' : ''}`;
  return `${minuteSeconds(durationSeconds, true)} · ${verdict} · model ${model.id} ${model.version}`;
}

const WIDTH = 960;
const PLOT = { left: 64, width: 860 } as const;

/** Waveform, speech, speakers, emotions stacked over time, warnings. */
export function analysisSvg(plot: AnalysisPlot): string {
  const duration = Math.max(plot.durationSeconds, 1e-3);
  const wave: PlotBox = { ...PLOT, top: 58, height: 110 };
  const speech: PlotBox = { ...PLOT, top: wave.top + wave.height + 8, height: 14 };
  const { speakers = [], stretches = [], overlaps = [] } = plot;
  const lanes: PlotBox = { ...PLOT, top: speech.top + speech.height + 8, height: lanesHeight(speakers) };
  const emotions: PlotBox = { ...PLOT, top: lanes.top + lanes.height + (speakers.length === 0 ? 4 : 8), height: 200 };
  const legendTop = emotions.top + emotions.height + 44;
  const legendRows = Math.max(1, Math.ceil(plot.labels.length / LEGEND_COLUMNS));
  const warningsTop = legendTop + legendRows * 22 + 8;
  const height = warningsTop + plot.warnings.length * 18 + 12;
  const body = [
    defs(plot.labels.length),
    speakerDefs(speakers),
    text(PLOT.left, 24, plot.title, { size: 16, weight: 'bold' }),
    text(PLOT.left, 44, plot.subtitle, { size: 12 }),
    ...waveformPart(plot, wave),
    ...speechPart(plot, speech, duration),
    ...speakerLanes(speakers, stretches, overlaps, lanes, duration),
    ...emotionPart(plot, emotions, duration),
    ...timeAxis(emotions, duration),
    ...legend(plot.labels, legendTop),
    ...plot.warnings.map((warning, i) => text(PLOT.left, warningsTop + 12 + i * 18, shortened(`⚠ ${warning.code}: ${warning.message}`, 136), { size: 12 })),
  ];
  return svgDocument(WIDTH, height, plot.title, `${plot.subtitle}. Waveform, speech${speakers.length === 0 ? '' : `, ${speakers.length} speakers`} and emotion scores over ${minuteSeconds(plot.durationSeconds)}.`, body);
}

/** Extremes of `samples` in `buckets` equal pieces. */
export function waveformExtremes(samples: Float32Array, buckets: number): { readonly minimum: number[]; readonly maximum: number[] } {
  const count = Math.max(1, Math.min(buckets, samples.length));
  const minimum: number[] = [];
  const maximum: number[] = [];
  for (let i = 0; i < count; i++) {
    let low = 0;
    let high = 0;
    for (let j = Math.floor((i * samples.length) / count); j < Math.floor(((i + 1) * samples.length) / count); j++) {
      low = Math.min(low, samples[j]!);
      high = Math.max(high, samples[j]!);
    }
    minimum.push(low);
    maximum.push(high);
  }
  return { minimum, maximum };
}

const LEGEND_COLUMNS = 6;

function defs(labelCount: number): string {
  const patterns = Array.from({ length: labelCount }, (_, i) => {
    const style = STYLES[i % STYLES.length]!;
    const hatch = style.hatch === '' ? '' : `<path d="${style.hatch}" stroke="#1f2328" stroke-width="0.8" stroke-opacity="0.55" fill="none"/>`;
    return `<pattern id="label${i}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${style.fill}"/>${hatch}</pattern>`;
  });
  return `<defs>${patterns.join('')}</defs>`;
}

function waveformPart(plot: AnalysisPlot, box: PlotBox): readonly string[] {
  const { minimum, maximum } = plot.waveform;
  const middle = box.top + box.height / 2;
  const parts = [rect(box.left, box.top, box.width, box.height, 'fill="#f6f8fa" stroke="#d0d7de"'), text(box.left - 8, middle + 4, 'wave', { anchor: 'end', size: 11 })];
  if (maximum.length === 0) return parts;
  const xAt = (i: number): number => box.left + ((i + 0.5) / maximum.length) * box.width;
  const yAt = (value: number): number => middle - Math.max(-1, Math.min(1, value)) * (box.height / 2);
  const upper = maximum.map((value, i) => `${i === 0 ? 'M' : 'L'}${px(xAt(i))} ${px(yAt(value))}`).join('');
  const lower = minimum.map((value, i) => ({ value, i })).reverse().map(({ value, i }) => `L${px(xAt(i))} ${px(yAt(value))}`).join('');
  return [...parts, `<path d="${upper}${lower}Z" fill="#57606a" stroke="#57606a" stroke-width="0.6"/>`];
}

function speechPart(plot: AnalysisPlot, box: PlotBox, duration: number): readonly string[] {
  const bars = plot.speechRegions.map((region) => rect(box.left + (region.startSeconds / duration) * box.width, box.top, ((region.endSeconds - region.startSeconds) / duration) * box.width, box.height, 'fill="#1f2328"'));
  return [text(box.left - 8, box.top + 11, 'speech', { anchor: 'end', size: 11 }), rect(box.left, box.top, box.width, box.height, 'fill="#ffffff" stroke="#d0d7de"'), ...bars];
}

function emotionPart(plot: AnalysisPlot, box: PlotBox, duration: number): readonly string[] {
  const parts = [rect(box.left, box.top, box.width, box.height, 'fill="#f6f8fa" stroke="#d0d7de"'), text(box.left - 8, box.top + 10, '1', { anchor: 'end', size: 11 }), text(box.left - 8, box.top + box.height, '0', { anchor: 'end', size: 11 }), text(box.left - 30, box.top + box.height / 2, 'score', { anchor: 'middle', size: 12, rotate: -90 })];
  for (const segment of plot.segments) {
    const x = box.left + (segment.startSeconds / duration) * box.width;
    const width = ((segment.endSeconds - segment.startSeconds) / duration) * box.width;
    if (segment.label === null) {
      parts.push(rect(x, box.top, width, box.height, 'fill="none" stroke="#8b949e" stroke-dasharray="4 3"'));
      // What it is instead, upright where the stretch is too narrow to write along it.
      const isNarrow = width < segment.gate.length * 7;
      if (width >= 12) parts.push(text(x + width / 2 + (isNarrow ? 4 : 0), box.top + box.height / 2, segment.gate, { anchor: 'middle', size: 11, fill: '#57606a', ...(isNarrow ? { rotate: -90 } : {}) }));
      continue;
    }
    for (const bin of segment.bins) parts.push(...stack(bin, plot.labels, box, duration));
    const caption = segment.speaker === null ? segment.label : `${segment.speaker}: ${segment.label}`;
    if (width > caption.length * 6.5) parts.push(rect(x + width / 2 - caption.length * 3.4, box.top + 4, caption.length * 6.8, 16, 'fill="#ffffff" fill-opacity="0.85" rx="3"'), text(x + width / 2, box.top + 16, caption, { anchor: 'middle', size: 11 }));
    else parts.push(`<g><title>${escapeXml(`${minuteSeconds(segment.startSeconds, true)} ${caption}`)}</title>${rect(x, box.top, width, box.height, 'fill="transparent"')}</g>`);
  }
  return parts;
}

/** The scores of one bin on top of each other, to the full height. */
function stack(bin: PlotBin, labels: readonly string[], box: PlotBox, duration: number): readonly string[] {
  const x = box.left + (bin.startSeconds / duration) * box.width;
  const width = ((bin.endSeconds - bin.startSeconds) / duration) * box.width;
  let bottom = box.top + box.height;
  return labels.flatMap((label, i) => {
    const height = (bin.scores[label] ?? 0) * box.height;
    bottom -= height;
    return height < 0.25 ? [] : [rect(x, bottom, width, height, `fill="url(#label${i})" stroke="#ffffff" stroke-width="0.5"`)];
  });
}

function timeAxis(box: PlotBox, duration: number): readonly string[] {
  const base = box.top + box.height;
  const isFine = timeTicks(duration).some((tick) => tick % 1 !== 0);
  const ticks = timeTicks(duration).flatMap((tick) => {
    const x = box.left + (tick / duration) * box.width;
    return [line(x, base, x, base + 5, 'stroke="#57606a"'), text(x, base + 18, minuteSeconds(tick, isFine), { anchor: 'middle', size: 11 })];
  });
  return [...ticks, text(box.left + box.width, base + 32, 'time (m:ss)', { anchor: 'end', size: 11 })];
}

function legend(labels: readonly string[], top: number): readonly string[] {
  return labels.flatMap((label, i) => {
    const x = PLOT.left + (i % LEGEND_COLUMNS) * (PLOT.width / LEGEND_COLUMNS);
    const y = top + Math.floor(i / LEGEND_COLUMNS) * 22;
    return [rect(x, y, 22, 14, `fill="url(#label${i})" stroke="#1f2328" stroke-width="0.6"`), text(x + 28, y + 12, label, { size: 12 })];
  });
}

function shortened(message: string, most: number): string {
  return message.length <= most ? message : `${message.slice(0, most - 1)}…`;
}
