import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Api } from '../api.js';
import { ModelsContext, useLiveModels } from '../hooks/use-models.js';
import { recordingHref, useRoute, type Route } from '../hooks/use-route.js';
import type { Capabilities, Viewer } from '../types.js';
import { UploadQueue, type UploadItem } from '../upload-queue.js';
import { AlertsPage } from './alerts-page.js';
import { EvaluationPage } from './evaluation-page.js';
import { Home } from './home.js';
import { ModelsPage } from './models-page.js';
import { RecordingPage } from './recording-page.js';
import { ReviewsPage } from './reviews-page.js';
import { RulesPage } from './rules-page.js';
import { Sidebar } from './sidebar.js';
import { TopBar } from './top-bar.js';
import { WebhooksPage } from './webhooks-page.js';

interface Props {
  readonly api: Api;
  readonly viewer: Viewer;
  readonly capabilities: Capabilities;
  readonly onSignOut: (everywhere: boolean) => void;
}

/** The room: the bar, the recordings at the side, and what is being looked at. */
export function Workspace({ api, viewer, capabilities, onSignOut }: Props) {
  const route = useRoute();
  const routeRef = useRef<Route>(route);
  routeRef.current = route;
  const [uploads, setUploads] = useState<readonly UploadItem[]>([]);
  const [changes, setChanges] = useState(0);
  const models = useLiveModels(api);
  const queue = useMemo(() => new UploadQueue(api, capabilities.maxUploadBytes, setUploads, (recordingId, fact) => {
    setChanges((count) => count + 1);
    // The first recording opens by itself; who is reading another one is left alone.
    if (fact === 'stored' && routeRef.current.name === 'home') location.hash = recordingHref(recordingId);
  }), [api]);
  useEffect(() => () => {
    queue.close();
    api.close();
  }, [queue, api]);

  const main = useRef<HTMLElement>(null);
  const place = 'id' in route ? `${route.name} ${route.id ?? ''}` : route.name;
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) isFirst.current = false;
    else main.current?.focus({ preventScroll: false });
  }, [place]);

  return (
    <ModelsContext.Provider value={models}>
      <div class={`room room--${route.name}${route.name === 'home' || route.name === 'recording' ? '' : ' room--wide'}`}>
        <a class="skip" href="#main" onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}>Skip to the result</a>
        <TopBar viewer={viewer} route={route} onSignOut={onSignOut} />
        <Sidebar api={api} viewer={viewer} capabilities={capabilities} queue={queue} uploads={uploads} changes={changes} openId={route.name === 'recording' ? route.id : null} />
        <main class="stage" id="main" ref={main} tabIndex={-1}>
          {route.name === 'home' && <Home canUpload={viewer.role !== 'viewer'} />}
          {route.name === 'reviews' && <ReviewsPage api={api} id={route.id} viewer={viewer} />}
          {route.name === 'alerts' && <AlertsPage api={api} canAcknowledge={viewer.role !== 'viewer'} />}
          {route.name === 'rules' && <RulesPage api={api} id={route.id} canEdit={viewer.role !== 'viewer'} />}
          {route.name === 'evaluation' && <EvaluationPage api={api} id={route.id} canRun={viewer.role !== 'viewer'} />}
          {route.name === 'webhooks' && <WebhooksPage api={api} id={route.id} />}
          {route.name === 'models' && <ModelsPage api={api} isAdmin={viewer.role === 'admin'} />}
          {route.name === 'recording' && <RecordingPage key={route.id} api={api} id={route.id} atSeconds={route.atSeconds} viewer={viewer} capabilities={capabilities} onChange={() => setChanges((count) => count + 1)} />}
        </main>
      </div>
    </ModelsContext.Provider>
  );
}
