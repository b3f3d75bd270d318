import { ToneLabel } from './tone-label.js';

interface Props {
  readonly labels: readonly string[];
  readonly hasOverlaps: boolean;
  readonly only: string | null;
  readonly onOnly: (label: string | null) => void;
}

/** Names the colours; pressing one shows that label alone. */
export function Legend({ labels, hasOverlaps, only, onOnly }: Props) {
  return (
    <div class="legend" role="group" aria-label="Show one label alone">
      {labels.map((label) => (
        <button key={label} type="button" class="legend-item" aria-pressed={only === label} onClick={() => onOnly(only === label ? null : label)}>
          <ToneLabel label={label} labels={labels} />
        </button>
      ))}
      <span class="legend-item legend-item--fixed"><span class="tone"><span class="tone-swatch tone-swatch--hatched" aria-hidden="true" />not judged</span></span>
      {hasOverlaps && <span class="legend-item legend-item--fixed"><span class="tone"><span class="tone-swatch tone-swatch--overlap" aria-hidden="true" />several talk at once</span></span>}
    </div>
  );
}
