/** 75.25 → `1:15`, or `1:15.3` with one decimal. From an hour on: `1:02:03`. */
export function formatTime(seconds: number, decimals = 0): string {
  const scale = 10 ** decimals;
  const whole = Math.round(Math.max(0, seconds) * scale) / scale;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = (whole % 60).toFixed(decimals).padStart(decimals === 0 ? 2 : 3 + decimals, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** `0:03.2–0:07.8` */
export function formatStretch(startSeconds: number, endSeconds: number): string {
  return `${formatTime(startSeconds, 1)}–${formatTime(endSeconds, 1)}`;
}

/** A length rather than a moment: `4.4 s` under a minute, `1:15` from there on. */
export function formatLength(seconds: number): string {
  return seconds < 59.95 ? `${formatNumber(seconds, 1)} s` : formatTime(seconds);
}

/** Spoken form for screen readers: `1 minute 15 seconds`. */
export function speakTime(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = Math.floor(seconds % 60);
  const restWords = `${rest} second${rest === 1 ? '' : 's'}`;
  return minutes === 0 ? restWords : `${minutes} minute${minutes === 1 ? '' : 's'} ${restWords}`;
}

/** 0.634 → `63 %`; small but present shares stay visible as `<1 %`. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.005) return '<1 %';
  return `${Math.round(share * 100)} %`;
}

export function formatNumber(value: number, decimals = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace('-', '−');
}

const BYTE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const decimals = unit > 1 && value < 100 && !Number.isInteger(Number(value.toFixed(1))) ? 1 : 0;
  return `${formatNumber(value, decimals)} ${BYTE_UNITS[unit] ?? ''}`;
}

/** `today 14:05`, `yesterday 09:12`, else `12 Mar 2026`. */
export function formatMoment(iso: string, now: Date = new Date()): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return '';
  const days = Math.round((startOfDay(now) - startOfDay(moment)) / 86_400_000);
  const clock = moment.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  if (days === 0) return `today ${clock}`;
  if (days === 1) return `yesterday ${clock}`;
  return moment.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
}

function startOfDay(moment: Date): number {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
}
