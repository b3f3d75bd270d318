import type { Api } from '../api.js';
import type { Alert } from '../rule-types.js';
import { AlertItem } from './alert-item.js';

interface Props {
  readonly api: Api;
  readonly alerts: readonly Alert[];
  readonly canAcknowledge: boolean;
  readonly onSeek: (seconds: number) => void;
}

/** What rules found in this analysis. */
export function AlertsCard({ api, alerts, canAcknowledge, onSeek }: Props) {
  return (
    <section class="card" aria-labelledby="alerts-title">
      <h2 class="card-title" id="alerts-title">Alerts <span class="muted">{alerts.length}</span></h2>
      <ul class="alerts">
        {alerts.map((alert) => <li key={alert.id}><AlertItem api={api} alert={alert} canAcknowledge={canAcknowledge} onSeek={onSeek} /></li>)}
      </ul>
    </section>
  );
}
