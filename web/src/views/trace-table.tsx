import { formatTime } from '../format.js';
import type { JsonValue, TraceLine } from '../rule-types.js';

function seenWords(seen: JsonValue): string {
  if (seen === null) return 'not known';
  if (typeof seen === 'number') return String(Math.round(seen * 1000) / 1000);
  return typeof seen === 'string' ? seen : JSON.stringify(seen);
}

/** Why a rule fired: each condition, what it asked and what it saw. */
export function TraceTable({ trace }: { readonly trace: readonly TraceLine[] }) {
  return (
    <div class="table-scroll" role="region" aria-label="Conditions" tabIndex={0}>
      <table class="table table--plain">
        <thead><tr><th scope="col">Condition</th><th scope="col">Asked</th><th scope="col">Saw</th><th scope="col">Held</th></tr></thead>
        <tbody>
          {trace.map((line) => (
            <tr key={line.path}>
              <td><code>{line.path}</code></td>
              <td>{line.asked}</td>
              <td>{seenWords(line.seen)}{line.atSeconds !== null && <span class="muted"> at {formatTime(line.atSeconds, 1)}</span>}</td>
              <td>{line.result === null ? 'not known' : line.result ? 'yes' : 'no'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
