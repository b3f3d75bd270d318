import { formatNumber } from '../format.js';
import type { Interval, Measured } from '../evaluation-types.js';

/** `.671` as people who measure write it: three decimals. */
export function formatFigure(value: number | null): string {
  return value === null ? '–' : formatNumber(value, 3);
}

export function formatInterval(interval: Interval | null): string {
  return interval === null ? '' : `${formatNumber(interval.low, 3)} to ${formatNumber(interval.high, 3)}`;
}

/** A figure with its 95 % interval in words. */
export function Figure({ figure }: { readonly figure: Measured }) {
  return <><strong>{formatFigure(figure.value)}</strong>{figure.interval && <span class="small muted nowrap"> {formatInterval(figure.interval)}</span>}</>;
}

/** A figure of 0 to 1 as a mark in its interval. The numbers stand beside it. */
export function IntervalBar({ figure, isFaint = false }: { readonly figure: Measured; readonly isFaint?: boolean }) {
  if (figure.value === null) return null;
  const { low, high } = figure.interval ?? { low: figure.value, high: figure.value };
  const percent = (share: number): string => `${(Math.min(1, Math.max(0, share)) * 100).toFixed(2)}%`;
  return (
    <span class={isFaint ? 'interval interval--faint' : 'interval'} aria-hidden="true">
      <span class="interval-band" style={{ left: percent(low), width: percent(high - low) }} />
      <span class="interval-mark" style={{ left: percent(figure.value) }} />
    </span>
  );
}
