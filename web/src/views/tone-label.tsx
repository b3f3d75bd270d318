import { toneOf } from '../palette.js';
import type { Verdict } from '../types.js';
import { listWords } from '../words.js';

/** A label with its colour. The word always stands beside it: colour alone says nothing. */
export function ToneLabel({ label, labels }: { readonly label: string; readonly labels?: readonly string[] }) {
  return (
    <span class="tone">
      <span class="tone-swatch" style={{ background: toneOf(label, labels) }} aria-hidden="true" />
      {label}
    </span>
  );
}

interface VerdictProps {
  readonly verdict: Pick<Verdict, 'label' | 'abstained'> & Partial<Pick<Verdict, 'predictionSet'>>;
  readonly labels?: readonly string[];
}

/** What is said of a stretch, or plainly that nothing is said. */
export function VerdictLabel({ verdict, labels }: VerdictProps) {
  if (!verdict.abstained) return <ToneLabel label={verdict.label} {...(labels ? { labels } : {})} />;
  const set = verdict.predictionSet ?? [];
  return (
    <span class="tone tone--unsure">
      <span class="tone-swatch tone-swatch--hollow" aria-hidden="true" />
      <span>not sure{set.length > 1 && <span class="muted">: {listWords(set.slice(0, 3))}{set.length > 3 ? '…' : ''}</span>}</span>
    </span>
  );
}
