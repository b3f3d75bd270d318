import type { Interval } from './intervals.js';
import type { SpokenStretch } from './speaker-turns.js';
import { escapeXml, minuteSeconds, rect, text, type PlotBox } from './svg-plot.js';

export interface SpeakerLane {
  readonly speaker: string;
  /** What is written beside the lane: the role, else the key. */
  readonly name: string;
}

export const LANE_HEIGHT = 16;
const LANE_GAP = 4;

/** Light to dark and each with a hatch of its own, so that lanes are told apart without colour as well. */
const LANES = [
  { fill: '#3b6ea8', hatch: '' }, { fill: '#f2b134', hatch: 'M0 6L6 0' }, { fill: '#7a8c3a', hatch: 'M0 0L6 6' }, { fill: '#8d5a97', hatch: 'M0 3H6' },
  { fill: '#4fb0ae', hatch: 'M3 0V6' }, { fill: '#d1495b', hatch: 'M0 0L6 6M0 6L6 0' },
] as const;

export function lanesHeight(lanes: readonly SpeakerLane[]): number {
  return lanes.length * (LANE_HEIGHT + LANE_GAP);
}

export function speakerDefs(lanes: readonly SpeakerLane[]): string {
  const patterns = lanes.map((_lane, i) => {
    const { fill, hatch } = LANES[i % LANES.length]!;
    const lines = hatch === '' ? '' : `<path d="${hatch}" stroke="#1f2328" stroke-width="0.8" stroke-opacity="0.6" fill="none"/>`;
    return `<pattern id="speaker${i}" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="${fill}"/>${lines}</pattern>`;
  });
  return lanes.length === 0 ? '' : `<defs>${patterns.join('')}</defs>`;
}

/** One lane a speaker; where several talk at once a frame runs across all lanes. */
export function speakerLanes(lanes: readonly SpeakerLane[], stretches: readonly SpokenStretch[], overlaps: readonly Interval[], box: PlotBox, durationSeconds: number): readonly string[] {
  const xOf = (seconds: number): number => box.left + (seconds / durationSeconds) * box.width;
  const widthOf = ({ startSeconds, endSeconds }: Interval): number => Math.max(0.5, ((endSeconds - startSeconds) / durationSeconds) * box.width);
  const rows = lanes.flatMap(({ speaker, name }, i) => {
    const top = box.top + i * (LANE_HEIGHT + LANE_GAP);
    const own = stretches.filter((one) => one.speaker === speaker);
    const bars = own.map((one) => `<g><title>${escapeXml(`${name} ${minuteSeconds(one.startSeconds, true)}–${minuteSeconds(one.endSeconds, true)}`)}</title>${rect(xOf(one.startSeconds), top, widthOf(one), LANE_HEIGHT, `fill="url(#speaker${i})" stroke="#1f2328" stroke-width="0.4"`)}</g>`);
    return [text(box.left - 8, top + 12, shortName(name), { anchor: 'end', size: 11 }), rect(box.left, top, box.width, LANE_HEIGHT, 'fill="#ffffff" stroke="#d0d7de"'), ...bars];
  });
  const frames = lanes.length < 2 ? [] : overlaps.map((overlap) => `<g><title>${escapeXml(`several at once ${minuteSeconds(overlap.startSeconds, true)}–${minuteSeconds(overlap.endSeconds, true)}`)}</title>${rect(xOf(overlap.startSeconds), box.top - 2, widthOf(overlap), lanesHeight(lanes), 'fill="#1f2328" fill-opacity="0.18" stroke="#1f2328" stroke-width="1"')}</g>`);
  return [...rows, ...frames];
}

function shortName(name: string): string {
  return name.length <= 9 ? name : `${name.slice(0, 8)}…`;
}
