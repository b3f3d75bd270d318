/** The labels with a colour of their own in `styles/tokens.css`. A user's own labels take the spare colours in order. */
const NAMED = ['angry', 'disgusted', 'fearful', 'happy', 'neutral', 'other', 'sad', 'surprised', 'unknown'] as const;
const SPARE_COUNT = 6;

/** The name of the CSS property that holds a label's colour. `labels` are the model's, so that spare colours stay put. */
export function toneProperty(label: string, labels: readonly string[] = []): string {
  if ((NAMED as readonly string[]).includes(label)) return `--emotion-${label}`;
  const strangers = labels.filter((other) => !(NAMED as readonly string[]).includes(other));
  return `--emotion-spare-${(Math.max(0, strangers.indexOf(label)) % SPARE_COUNT) + 1}`;
}

/** For style properties: `var(--emotion-sad)`. */
export function toneOf(label: string, labels: readonly string[] = []): string {
  return `var(${toneProperty(label, labels)})`;
}

/** For canvases, which know no CSS properties: the present value under the present colour scheme. */
export function resolveColor(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim() || '#888888';
}
