import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { formatMoment, formatStretch } from '../format.js';
import { recordingHref, sectionHref } from '../hooks/use-route.js';
import { ACKNOWLEDGE } from '../rule-documents.js';
import type { Alert } from '../rule-types.js';
import { speakerWord } from '../words.js';
import { SeverityMark } from './severity-mark.js';
import { TraceTable } from './trace-table.js';

const ACTION_STATES: Readonly<Record<Alert['actions'][number]['state'], string>> = { PENDING: 'to come', DONE: 'done', UNAVAILABLE: 'not possible here', FAILED: 'failed' };

interface Props {
  readonly api: Api;
  readonly alert: Alert;
  readonly canAcknowledge: boolean;
  /** In the view of the recording itself: moves the playhead instead of opening it. */
  readonly onSeek?: (seconds: number) => void;
}

/** One alert: what fired, where, why, what was done about it, and who took note. */
export function AlertItem({ api, alert: given, canAcknowledge, onSeek }: Props) {
  const [alert, setAlert] = useState(given);
  const stretch = formatStretch(alert.startSeconds, alert.endSeconds);
  const actions = alert.actions.filter(({ kind }) => kind !== 'alert');
  return (
    <article class="alert" aria-label={`${alert.ruleName}, ${stretch}`}>
      <div class="alert-head">
        <SeverityMark severity={alert.severity} />
        <a class="alert-rule" href={sectionHref('rules', alert.ruleId)}>{alert.ruleName}</a>
        <span class="small muted">version {alert.ruleVersion}{alert.isOfThePast && ', applied to the past'} · {formatMoment(alert.createdAt)}</span>
      </div>
      <p>
        {onSeek ? <button type="button" class="link" onClick={() => onSeek(alert.startSeconds)}>{stretch}</button> : <a href={recordingHref(alert.recordingId, alert.startSeconds)}>{stretch} of the recording</a>}
        {alert.speakerKey !== null && <span class="muted"> · {speakerWord({ role: null, key: alert.speakerKey })}</span>}
      </p>
      {actions.length > 0 && <p class="small">{actions.map(({ kind, state, message }) => `${kind}: ${ACTION_STATES[state]}${message === null ? '' : ` (${message})`}`).join(' · ')}</p>}
      <details class="options"><summary>Why it fired</summary><TraceTable trace={alert.trace} /></details>
      {alert.acknowledgedAt !== null
        ? <p class="small muted">{alert.acknowledgedBy} took note {formatMoment(alert.acknowledgedAt)}{alert.acknowledgeNote !== null && <>: {alert.acknowledgeNote}</>}</p>
        : canAcknowledge && <Acknowledge api={api} alert={alert} onDone={setAlert} />}
    </article>
  );
}

function Acknowledge({ api, alert, onDone }: { readonly api: Api; readonly alert: Alert; readonly onDone: (alert: Alert) => void }) {
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const { acknowledgeAlert: answer } = await api.run(ACKNOWLEDGE, { id: alert.id, note: note.trim() === '' ? null : note.trim() });
      if (answer.code === undefined) onDone({ ...alert, ...answer });
      else setProblem(answer.message ?? answer.code);
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  return (
    <form class="inline-form" onSubmit={(event) => void send(event)}>
      <input class="input input--small" aria-label={`Note on ${alert.ruleName}`} placeholder="Note, if you like" value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      <button type="submit" class="button button--small">Take note</button>
      {problem !== null && <p class="small field-problem" role="alert">{problem}</p>}
    </form>
  );
}
