import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { sectionHref } from '../hooks/use-route.js';
import { APPLY_RULE } from '../rule-documents.js';
import type { RuleRange, RuleRow } from '../rule-types.js';
import { DateRange } from './date-range.js';
import { Notice } from './notice.js';

interface Props {
  readonly api: Api;
  readonly rule: RuleRow;
  /** The editor holds something else than what is stored: the stored rule would be applied. */
  readonly isChanged: boolean;
  readonly onApplied: () => void;
}

/** Writes the alerts that the rule would have raised. Those that are there already are not doubled. */
export function RuleApply({ api, rule, isChanged, onApplied }: Props) {
  const [range, setRange] = useState<RuleRange>({});
  const [isRunning, setRunning] = useState(false);
  const [words, setWords] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const apply = async (): Promise<void> => {
    setRunning(true);
    setProblem(null);
    try {
      const { applyRule: answer } = await api.run(APPLY_RULE, { id: rule.id, range });
      if (answer.newAlertCount === undefined) setProblem(answer.message ?? 'It was not applied.');
      else {
        setWords(`${answer.newAlertCount} new alert${answer.newAlertCount === 1 ? '' : 's'} from ${answer.analysisCount ?? 0} analyses${answer.nextAfter == null ? '' : '; there is more: narrow the days and apply again'}.`);
        onApplied();
      }
    } catch (error) {
      setProblem(toApiError(error).message);
    } finally {
      setRunning(false);
    }
  };
  return (
    <section class="card stack" aria-labelledby="apply-title">
      <h2 class="card-title" id="apply-title">Apply it to the past</h2>
      <p class="small muted">Writes alerts for stored analyses, marked as of the past. Nobody is told, and none is written twice.</p>
      <div class="form-row">
        <DateRange range={range} onChange={setRange} />
        <button type="button" class="button" disabled={isRunning || isChanged} onClick={() => void apply()}>{isRunning ? 'Applying…' : `Apply version ${rule.version}`}</button>
      </div>
      {isChanged && <p class="small muted">Save the change first.</p>}
      {problem !== null && <Notice tone="error" title="It was not applied">{problem}</Notice>}
      <p role="status" class="small">{words !== null && <>{words} <a href={sectionHref('alerts')}>Look at them</a></>}</p>
    </section>
  );
}
