import { useMemo, useState } from 'preact/hooks';
import { Api } from '../api.js';
import { SIGN_IN } from '../documents.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { storedKey, storeKey } from '../session.js';
import { Notice } from './notice.js';
import { SignIn } from './sign-in.js';
import { Workspace } from './workspace.js';

const REFUSED = 'That key was not accepted. It may be mistyped, expired or revoked.';

/** Decides between the door and the room behind it. */
export function App() {
  const [key, setKey] = useState(storedKey);
  const [complaint, setComplaint] = useState<string | null>(null);

  const enter = (next: string): void => {
    storeKey(next);
    setComplaint(null);
    setKey(next);
  };
  const leave = (reason: string | null): void => {
    storeKey(null);
    setComplaint(reason);
    setKey(null);
  };
  return key === null
    ? <SignIn complaint={complaint} onKey={enter} />
    : <SignedIn key={key} apiKey={key} onLeave={leave} />;
}

function SignedIn({ apiKey, onLeave }: { readonly apiKey: string; readonly onLeave: (reason: string | null) => void }) {
  const api = useMemo(() => new Api(apiKey, () => onLeave(REFUSED)), [apiKey]);
  const [session, retry] = useLoaded('session', (signal) => api.run(SIGN_IN, {}, signal));
  if (session.kind === 'ready') {
    return <Workspace api={api} viewer={session.value.viewer} capabilities={session.value.capabilities} onSignOut={() => onLeave(null)} />;
  }
  return (
    <main class="door">
      {session.kind === 'loading'
        ? <p class="muted" role="status">Signing in…</p>
        : <Notice tone="error" title="Signing in did not work" action={{ label: 'Try again', run: retry }}>{session.error.message}</Notice>}
      {session.kind === 'failed' && <button type="button" class="button button--quiet" onClick={() => onLeave(null)}>Use another key</button>}
    </main>
  );
}
