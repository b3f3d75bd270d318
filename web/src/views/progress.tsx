interface Props {
  /** What goes on, for screen readers. */
  readonly label: string;
  /** 0–1; null while nobody knows. */
  readonly fraction: number | null;
}

export function Progress({ label, fraction }: Props) {
  return fraction === null
    ? <progress class="progress" aria-label={label} />
    : <progress class="progress" aria-label={label} max={1} value={Math.min(1, Math.max(0, fraction))} />;
}
