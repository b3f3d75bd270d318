import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { formatTime } from '../format.js';
import { useColorScheme } from '../hooks/use-color-scheme.js';
import type { TimeWindow } from '../hooks/use-time-window.js';
import { GUTTER_PX, RIGHT_PX } from '../paint/geometry.js';
import { coarsen, stackTimeline, type Stack } from '../paint/stack.js';
import { resolveColor, toneProperty } from '../palette.js';
import type { Timeline } from '../types.js';

const HEIGHT_PX = 196;
const NARROWEST_STEP_PX = 4;
const TICK_STEPS_SECONDS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

interface Props {
  /** Of the whole lane, gutter included. */
  readonly widthPx: number;
  readonly window: TimeWindow;
  readonly timeline: Timeline;
  readonly labels: readonly string[];
  /** Show this label alone; null: all, stacked. */
  readonly only: string | null;
}

/** What is expressed over time, as shares that add up to 100 %. */
export function TimelineLane({ widthPx, window, timeline, labels, only }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const scheme = useColorScheme();
  const stepPx = (timeline.binSeconds / (window.toSeconds - window.fromSeconds)) * Math.max(1, widthPx - GUTTER_PX - RIGHT_PX);
  // Powers of two, so that most zoom steps keep the chart as it is.
  const factor = 2 ** Math.max(0, Math.ceil(Math.log2(NARROWEST_STEP_PX / stepPx)));
  const stack = useMemo(() => stackTimeline(coarsen(timeline, factor), only), [timeline, only, factor]);
  const isMeasured = widthPx > 0;

  useEffect(() => {
    if (!host.current || !isMeasured) return;
    const made = new uPlot(chartOptions(widthPx, stack, labels), [[...stack.xs], ...stack.rows.map((row) => [...row])], host.current);
    made.setScale('x', { min: window.fromSeconds, max: window.toSeconds });
    chart.current = made;
    return () => made.destroy();
    // Width and window are applied below without building the chart anew.
  }, [stack, labels, scheme, isMeasured]);
  useEffect(() => chart.current?.setSize({ width: widthPx, height: HEIGHT_PX }), [widthPx]);
  useEffect(() => chart.current?.setScale('x', { min: window.fromSeconds, max: window.toSeconds }), [window]);

  return <div class="lane lane--timeline" data-lane="timeline" ref={host} aria-hidden="true" />;
}

function chartOptions(widthPx: number, stack: Stack, labels: readonly string[]): uPlot.Options {
  const ink = resolveColor('--ink-2');
  const line = resolveColor('--line');
  const edge = resolveColor('--surface');
  const font = '11px system-ui, sans-serif';
  return {
    width: widthPx,
    height: HEIGHT_PX,
    padding: [10, RIGHT_PX, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, auto: false }, y: { range: [0, 1] } },
    axes: [
      {
        stroke: ink, font, size: 30, gap: 6, space: 64, incrs: TICK_STEPS_SECONDS,
        grid: { show: false }, ticks: { stroke: line, width: 1, size: 5 },
        values: (_chart, splits, _axis, _space, step) => splits.map((seconds) => formatTime(seconds, step < 1 ? 1 : 0)),
      },
      {
        stroke: ink, font, size: GUTTER_PX, gap: 8, splits: () => [0, 0.25, 0.5, 0.75, 1],
        grid: { stroke: line, width: 1 }, ticks: { show: false },
        values: (_chart, splits) => splits.map((share) => (share === 0.25 || share === 0.75 ? '' : `${Math.round(share * 100)} %`)),
      },
    ],
    series: [
      {},
      ...stack.labels.map((label): uPlot.Series => ({
        label, fill: resolveColor(toneProperty(label, labels)), stroke: edge, width: 1, points: { show: false },
        ...(uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      })),
    ],
  };
}
