/** Small pieces of which every plot is made. Coordinates in pixels, y downwards; nothing is fetched, scripted or styled from outside. */

export interface PlotBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function escapeXml(text: string): string {
  // Control characters are not allowed in XML even as entities; a label may hold one.
  return text.replaceAll(/(?![\t\n\r])\p{Cc}/gu, '\uFFFD').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

/** Two decimals are a hundredth of a pixel: enough, and files stay small. */
export function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** `0:05`, `12:30`, `1:02:03`; with tenths when `tenths` is set and the hour is not reached. */
export function minuteSeconds(seconds: number, tenths = false): string {
  const rounded = tenths ? Math.round(seconds * 10) / 10 : Math.round(seconds);
  const hours = Math.floor(rounded / 3600);
  const minutes = Math.floor((rounded % 3600) / 60);
  const rest = rounded % 60;
  const secondText = tenths && hours === 0 ? rest.toFixed(1).padStart(4, '0') : String(Math.floor(rest)).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${secondText}` : `${minutes}:${secondText}`;
}

const TIME_STEPS = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400] as const;

/** Round times from 0 to the end, at most `most` of them. */
export function timeTicks(durationSeconds: number, most = 10): readonly number[] {
  const step = TIME_STEPS.find((each) => durationSeconds / each <= most) ?? Math.ceil(durationSeconds / most / 3600) * 3600;
  const ticks: number[] = [];
  for (let i = 0; i * step <= durationSeconds + 1e-9; i++) ticks.push(i * step);
  return ticks;
}

export function text(x: number, y: number, content: string, options: { readonly anchor?: 'start' | 'middle' | 'end'; readonly size?: number; readonly weight?: 'bold'; readonly fill?: string; readonly rotate?: number } = {}): string {
  const anchor = options.anchor === undefined || options.anchor === 'start' ? '' : ` text-anchor="${options.anchor}"`;
  const weight = options.weight === undefined ? '' : ` font-weight="${options.weight}"`;
  const turn = options.rotate === undefined ? '' : ` transform="rotate(${options.rotate} ${px(x)} ${px(y)})"`;
  return `<text x="${px(x)}" y="${px(y)}" font-size="${options.size ?? 12}" fill="${options.fill ?? '#1f2328'}"${anchor}${weight}${turn}>${escapeXml(content)}</text>`;
}

export function rect(x: number, y: number, width: number, height: number, attributes: string): string {
  return `<rect x="${px(x)}" y="${px(y)}" width="${px(Math.max(0, width))}" height="${px(Math.max(0, height))}" ${attributes}/>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes = 'stroke="#d0d7de"'): string {
  return `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" ${attributes}/>`;
}

/** A whole document. `title` and `description` are read out by screen readers. */
export function svgDocument(width: number, height: number, title: string, description: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" height="${px(height)}" role="img" font-family="system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(description)}</desc>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

/** Horizontal grid and numbers for values from 0 to 1. */
export function unitAxis(box: PlotBox, title: string): readonly string[] {
  const parts = [0, 0.25, 0.5, 0.75, 1].flatMap((value) => {
    const y = box.top + box.height * (1 - value);
    return [line(box.left, y, box.left + box.width, y), text(box.left - 6, y + 4, value === 0 ? '0' : String(value), { anchor: 'end', size: 11 })];
  });
  return [...parts, text(box.left - 42, box.top + box.height / 2, title, { anchor: 'middle', size: 12, rotate: -90 })];
}
