import type { Interval } from './bootstrap.js';
import type { CoverageInterval } from './coverage-intervals.js';
import type { SliceFigures } from './evaluation-report.js';
import type { CoveragePoint, ReliabilityBin } from './metrics.js';
import { line, px, rect, svgDocument, text, unitAxis } from './svg-plot.js';
import type { PlotBox } from './svg-plot.js';

/** Row-normalised heat map with counts in the cells: readable in black and white, because the numbers are there. */
export function confusionSvg(labels: readonly string[], rows: readonly (readonly number[])[], options: { readonly hasNotJudged: boolean }): string {
  const columns = options.hasNotJudged ? [...labels, '(not judged)'] : [...labels];
  const cell = 56;
  const left = 120;
  const top = 90;
  const body = [text(left + (columns.length * cell) / 2, 20, 'answered', { anchor: 'middle', weight: 'bold' }), text(16, top + (labels.length * cell) / 2, 'true', { anchor: 'middle', weight: 'bold', rotate: -90 })];
  columns.forEach((label, column) => body.push(text(left + column * cell + cell / 2, top - 8, label, { rotate: -40, size: 11 })));
  labels.forEach((label, row) => {
    const counts = rows[row]!;
    const support = counts.reduce((sum, count) => sum + count, 0);
    body.push(text(left - 8, top + row * cell + cell / 2 + 4, label, { anchor: 'end', size: 11 }));
    columns.forEach((_, column) => {
      const count = counts[column]!;
      const share = support === 0 ? 0 : count / support;
      const shade = Math.round(255 - share * 215);
      const ink = share > 0.55 ? '#ffffff' : '#1f2328';
      const x = left + column * cell;
      const y = top + row * cell;
      body.push(rect(x, y, cell, cell, `fill="rgb(${shade},${Math.min(255, shade + 8)},${Math.min(255, shade + 20)})" stroke="${row === column ? '#1f2328' : '#d0d7de'}"`));
      if (count > 0) body.push(text(x + cell / 2, y + cell / 2, String(count), { anchor: 'middle', size: 12, fill: ink }), text(x + cell / 2, y + cell / 2 + 14, `${Math.round(share * 100)} %`, { anchor: 'middle', size: 9, fill: ink }));
    });
  });
  return svgDocument(left + columns.length * cell + 60, top + labels.length * cell + 16, 'Confusion matrix', 'Rows are the true labels, columns the answers; each cell has the count and the share of its row.', body);
}

const BOX: PlotBox = { left: 64, top: 16, width: 360, height: 260 };
const SIZE = { width: 448, height: 326 } as const;

/** Accuracy against mean confidence; the dashed diagonal is perfect calibration, bar widths are the bins, grey bars below the count. */
export function reliabilitySvg(bins: readonly ReliabilityBin[], intervals: readonly (Interval | null)[] = []): string {
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const body = [...unitAxis(BOX, 'accuracy')];
  for (const [index, bin] of bins.entries()) {
    if (bin.accuracy === null) continue;
    const x = BOX.left + bin.lower * BOX.width;
    const width = (bin.upper - bin.lower) * BOX.width;
    const height = bin.accuracy * BOX.height;
    body.push(rect(x + 1, BOX.top + BOX.height - height, width - 2, height, `fill="#3b6ea8" fill-opacity="${px(0.25 + 0.75 * Math.sqrt(bin.count / most))}" stroke="#1f2328" stroke-width="0.5"`));
    const interval = intervals[index] ?? null;
    if (interval !== null) body.push(line(x + width / 2, BOX.top + (1 - interval.high) * BOX.height, x + width / 2, BOX.top + (1 - interval.low) * BOX.height, 'stroke="#1f2328"'));
    if (width >= 20) body.push(text(x + width / 2, BOX.top + BOX.height - height - 4, String(bin.count), { anchor: 'middle', size: 9 }));
  }
  body.push(line(BOX.left, BOX.top + BOX.height, BOX.left + BOX.width, BOX.top, 'stroke="#1f2328" stroke-dasharray="5 4"'), ...unitXAxis('confidence'));
  return svgDocument(SIZE.width, SIZE.height, 'Reliability', 'Accuracy of the answers by their confidence; on the dashed line confidence equals accuracy. Numbers over the bars are counts, upright lines 95 % intervals.', body);
}

/** Accuracy of what is still answered when the least confident answers are declined. */
export function coverageSvg(points: readonly CoveragePoint[], intervals: readonly CoverageInterval[] = []): string {
  const path = points.map((point, i) => `${i === 0 ? 'M' : 'L'}${px(BOX.left + point.coverage * BOX.width)} ${px(BOX.top + (1 - point.accuracy) * BOX.height)}`).join('');
  const body = [...unitAxis(BOX, 'accuracy'), ...unitXAxis('share of items answered')];
  for (const { coverage, interval } of intervals) {
    const x = BOX.left + coverage * BOX.width;
    body.push(line(x, BOX.top + (1 - interval.high) * BOX.height, x, BOX.top + (1 - interval.low) * BOX.height, 'stroke="#8c959f" stroke-width="2"'));
  }
  if (path !== '') body.push(`<path d="${path}" fill="none" stroke="#3b6ea8" stroke-width="2"/>`);
  return svgDocument(SIZE.width, SIZE.height, 'Coverage and accuracy', 'Accuracy of the most confident share of the answers, with 95 % intervals.', body);
}

/** UA of each slice with its interval; pale where the slice is small. */
export function slicesSvg(slices: readonly Pick<SliceFigures, 'dimension' | 'value' | 'isSmall' | 'metrics' | 'intervals'>[]): string {
  const rowHeight = 22;
  const left = 250;
  const width = 360;
  const top = 10;
  const base = top + slices.length * rowHeight;
  const body = [0, 0.25, 0.5, 0.75, 1].flatMap((value) => {
    const x = left + value * width;
    return [line(x, top, x, base), text(x, base + 16, String(value), { anchor: 'middle', size: 11 })];
  });
  slices.forEach(({ dimension, value, isSmall, metrics, intervals }, row) => {
    const y = top + row * rowHeight + rowHeight / 2;
    const { low, high } = intervals.unweightedAccuracy;
    const shade = isSmall ? 'opacity="0.4"' : '';
    body.push(
      text(left - 8, y + 4, `${dimension}: ${value} (${metrics.itemCount})`, { anchor: 'end', size: 11 }),
      line(left + low * width, y, left + high * width, y, `stroke="#3b6ea8" stroke-width="3" ${shade}`),
      rect(left + metrics.unweightedAccuracy * width - 3, y - 6, 6, 12, `fill="#1f2328" ${shade}`),
    );
  });
  return svgDocument(left + width + 30, base + 26, 'Slices', 'Unweighted accuracy of the items that share a condition, with 95 % intervals.', body);
}

function unitXAxis(title: string): readonly string[] {
  const base = BOX.top + BOX.height;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((value) => text(BOX.left + value * BOX.width, base + 16, String(value), { anchor: 'middle', size: 11 }));
  return [...ticks, text(BOX.left + BOX.width / 2, base + 36, title, { anchor: 'middle', size: 12 })];
}
