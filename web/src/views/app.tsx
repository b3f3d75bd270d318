import { useEffect, useMemo, useState } from 'preact/hooks';
import { Api } from '../api.js';
import { SIGN_IN } from '../documents.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { beginSession, endSession, resumeSession, type CsrfToken } from '../session.js';
import { Notice } from './notice.js';
import { SignIn } from './sign-in.js';
import { Workspace } from './workspace.js';

const COMPLAINTS = {
  REFUSED: 'That key was not accepted. It may be mistyped, expired or revoked.',
  TOO_OFTEN: 'Too many keys were tried from here. Wait a minute, then try again.',
  UNREACHABLE: 'Undertone cannot be reached. Check that the server runs and that you are online, then try again.',
  ENDED: 'You were signed out: the session has ended, or its key no longer holds.',
} as const;
type Complaint = keyof typeof COMPLAINTS | null;

/** Decides between the door and the room behind it. */
export function App() {
  const [token, setToken] = useState<CsrfToken | null | undefined>(undefined);
  const [complaint, setComplaint] = useState<Complaint>(null);
  useEffect(() => void resumeSession().then(setToken), []);

  const enter = (key: string): void => {
    void beginSession(key).then((outcome) => {
      setComplaint('problem' in outcome ? outcome.problem : null);
      setToken('token' in outcome ? outcome.token : null);
    });
  };
  const leave = (reason: Complaint): void => {
    setComplaint(reason);
    setToken(null);
  };
  if (token === undefined) return <main class="door"><p class="muted" role="status">One moment…</p></main>;
  return token === null
    ? <SignIn complaint={complaint === null ? null : COMPLAINTS[complaint]} onKey={enter} />
    : <SignedIn key={token} token={token} onLeave={leave} />;
}

function SignedIn({ token, onLeave }: { readonly token: CsrfToken; readonly onLeave: (reason: Complaint) => void }) {
  const api = useMemo(() => new Api(token, () => onLeave('ENDED')), [token]);
  const signOut = (everywhere: boolean): void => {
    void endSession(token, everywhere).then(() => onLeave(null));
  };
  const [session, retry] = useLoaded('session', (signal) => api.run(SIGN_IN, {}, signal));
  if (session.kind === 'ready') {
    return <Workspace api={api} viewer={session.value.viewer} capabilities={session.value.capabilities} onSignOut={signOut} />;
  }
  return (
    <main class="door">
      {session.kind === 'loading'
        ? <p class="muted" role="status">Signing in…</p>
        : <Notice tone="error" title="Signing in did not work" action={{ label: 'Try again', run: retry }}>{session.error.message}</Notice>}
      {session.kind === 'failed' && <button type="button" class="button button--quiet" onClick={() => signOut(false)}>Use another key</button>}
    </main>
  );
}
