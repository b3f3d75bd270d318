/** The nine emotions of Emotion2Vec+ in the order of its head. A model may know fewer, or others of its own. */
export const EMOTIONS = ['angry', 'disgusted', 'fearful', 'happy', 'neutral', 'other', 'sad', 'surprised', 'unknown'] as const;
export type Emotion = (typeof EMOTIONS)[number];

const MAX_LABEL_LETTERS = 100;

const CHINESE: ReadonlyMap<string, Emotion> = new Map([
  ['生气', 'angry'], ['厌恶', 'disgusted'], ['恐惧', 'fearful'], ['开心', 'happy'], ['中立', 'neutral'], ['其他', 'other'], ['难过', 'sad'], ['吃惊', 'surprised'],
]);

/**
 * The plain label of a `tokens.txt` line such as `生气/angry` or `<unk>`: lower case English where it is known.
 * A label outside the nine stays as it is, trimmed.
 */
export function labelFromToken(token: string): string {
  const trimmed = token.trim();
  if (trimmed === '<unk>') return 'unknown';
  const english = trimmed.includes('/') ? trimmed.slice(trimmed.lastIndexOf('/') + 1).trim() : trimmed;
  return CHINESE.get(english) ?? english.toLowerCase();
}

/** Labels become names in JSON, columns of tables and text on screens: `__proto__` would vanish from the first, control characters garble the others. */
export function isUsableLabel(label: string): boolean {
  return label !== '' && label !== '__proto__' && label.length <= MAX_LABEL_LETTERS && !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(label);
}

/** The typed emotion of a label, or null for a label of a user's own model. */
export function emotionOf(label: string): Emotion | null {
  return (EMOTIONS as readonly string[]).includes(label) ? (label as Emotion) : null;
}
