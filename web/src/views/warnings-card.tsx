import type { AnalysisDetail } from '../types.js';
import { warningWords } from '../words.js';
import { Icon } from './icon.js';

/** What to bear in mind when reading the result. Absent when there is nothing. */
export function WarningsCard({ warnings }: { readonly warnings: AnalysisDetail['warnings'] }) {
  if (warnings.length === 0) return null;
  return (
    <section class="card warnings" aria-labelledby="warnings-title">
      <h2 class="card-title" id="warnings-title">Bear in mind</h2>
      <ul>
        {warnings.map((warning) => {
          const { title, advice } = warningWords(warning.code);
          return (
            <li key={warning.code + warning.message} class="warning">
              <Icon name="warning" />
              <div>
                <p class="warning-title">{title}</p>
                <p class="small">{warning.message}</p>
                {advice !== null && <p class="small muted">{advice}</p>}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
