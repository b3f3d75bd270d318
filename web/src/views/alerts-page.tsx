import { useState } from 'preact/hooks';
import type { Api } from '../api.js';
import { useEvents } from '../hooks/use-events.js';
import { usePages } from '../hooks/use-pages.js';
import { sectionHref } from '../hooks/use-route.js';
import { ALERT_EVENTS, ALERTS } from '../rule-documents.js';
import type { Alert, Severity } from '../rule-types.js';
import { AlertItem } from './alert-item.js';
import { Notice } from './notice.js';
import { PageHead } from './page-head.js';

const PAGE_SIZE = 20;
const STATES = { open: { acknowledged: false }, noted: { acknowledged: true }, all: {} } as const;

/** Alerts of the whole workspace, newest first. New ones announce themselves and wait until they are asked for, so that nothing moves under the pointer. */
export function AlertsPage({ api, canAcknowledge }: { readonly api: Api; readonly canAcknowledge: boolean }) {
  const [state, setState] = useState<keyof typeof STATES>('open');
  const [severity, setSeverity] = useState<Severity | ''>('');
  const [round, setRound] = useState(0);
  const [waiting, setWaiting] = useState(0);
  const filter = { ...STATES[state], ...(severity === '' ? {} : { severity }) };
  const pages = usePages<Alert>(`${state} ${severity}`, round, async (after, signal) => (await api.run(ALERTS, { first: PAGE_SIZE, after, filter }, signal)).alerts);
  /** Something may not have been heard: the newest alert tells. */
  const lookForMissed = async (): Promise<void> => {
    if (pages.isLoading) return;
    if (pages.error) {
      pages.reload();
      return;
    }
    const { nodes: [newest], totalCount } = (await api.run(ALERTS, { first: 1, after: undefined, filter })).alerts;
    if (newest !== undefined && newest.id !== pages.nodes[0]?.id) setWaiting((count) => Math.max(count, 1, totalCount - pages.totalCount));
  };
  // Where asking fails as well, it is asked again when there is a connection, or in half a minute.
  useEvents(api, ALERT_EVENTS, () => setWaiting((count) => count + 1), () => void lookForMissed().catch(() => undefined));
  const showNew = (): void => {
    setWaiting(0);
    setRound((count) => count + 1);
  };
  return (
    <>
      <PageHead title="Alerts" words="What rules found, newest first.">
        <label class="inline-field">
          <span class="small muted">Show</span>
          <select class="input input--small" value={state} onChange={(event) => setState(event.currentTarget.value as keyof typeof STATES)}>
            <option value="open">open</option><option value="noted">noted</option><option value="all">all</option>
          </select>
        </label>
        <label class="inline-field">
          <span class="small muted">Severity</span>
          <select class="input input--small" value={severity} onChange={(event) => setSeverity(event.currentTarget.value as Severity | '')}>
            <option value="">any</option><option value="CRITICAL">critical</option><option value="WARNING">warning</option><option value="INFO">info</option>
          </select>
        </label>
      </PageHead>
      <div role="status">{waiting > 0 && <button type="button" class="button button--wide" onClick={showNew}>Show {waiting} new</button>}</div>
      {pages.error && <Notice tone="error" title="The alerts could not be loaded" action={{ label: 'Try again', run: pages.reload }}>{pages.error.message}</Notice>}
      {pages.nodes.length === 0 && !pages.isLoading && !pages.error && <p class="card muted">{state === 'open' ? 'Nothing is open.' : 'There are none.'} <a href={sectionHref('rules')}>Rules</a> say what raises an alert.</p>}
      {pages.nodes.length > 0 && (
        <section class="card" aria-label="Alerts">
          <p class="small muted">{pages.totalCount} in all</p>
          <ul class="alerts">{pages.nodes.map((alert) => <li key={alert.id}><AlertItem api={api} alert={alert} canAcknowledge={canAcknowledge} /></li>)}</ul>
        </section>
      )}
      {pages.hasMore && <button type="button" class="button button--wide" disabled={pages.isLoading} onClick={pages.loadMore}>Show more</button>}
    </>
  );
}
