const PATH = '/session';
/** Whether asking is worth a request: no script can see the cookie. Says nothing of who is signed in. */
const HINT = 'undertone.signed-in';

function remember(isSignedIn: boolean): void {
  try {
    if (isSignedIn) localStorage.setItem(HINT, '1');
    else localStorage.removeItem(HINT);
  } catch {
    // Storage may be refused (private windows of some browsers): then a reload asks for the key again.
  }
}

function mayBeSignedIn(): boolean {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return false;
  }
}

/** What a signed-in page needs to say with everything that may change something. The session itself is in a cookie that no script can read. */
export type CsrfToken = string;

async function tokenOf(response: Response): Promise<CsrfToken | null> {
  if (!response.ok) return null;
  const { csrfToken } = (await response.json()) as { csrfToken?: string | null };
  return csrfToken ?? null;
}

/** Of a browser that is signed in already; null where it is not, or the server cannot be reached. */
export async function resumeSession(): Promise<CsrfToken | null> {
  if (!mayBeSignedIn()) return null;
  const token = await fetch(PATH).then(tokenOf, () => null);
  if (token === null) remember(false);
  return token;
}

export type SignInOutcome = { readonly token: CsrfToken } | { readonly problem: 'REFUSED' | 'TOO_OFTEN' | 'UNREACHABLE' };

/** The key goes to the server once and is kept nowhere. */
export async function beginSession(key: string): Promise<SignInOutcome> {
  // A header cannot carry anything else, and no key has it.
  if (!/^[\x21-\x7e]+$/.test(key)) return { problem: 'REFUSED' };
  try {
    const response = await fetch(PATH, { method: 'POST', headers: { authorization: `Bearer ${key}` } });
    const token = await tokenOf(response);
    if (token !== null) {
      remember(true);
      return { token };
    }
    return { problem: response.status === 429 ? 'TOO_OFTEN' : response.status === 401 ? 'REFUSED' : 'UNREACHABLE' };
  } catch {
    return { problem: 'UNREACHABLE' };
  }
}

/** `everywhere`: every browser that was signed in with the same key. A server that cannot be reached ends it by itself within hours. */
export async function endSession(token: CsrfToken, everywhere: boolean): Promise<void> {
  remember(false);
  await fetch(everywhere ? `${PATH}?everywhere=true` : PATH, { method: 'DELETE', headers: { 'x-csrf-token': token } }).catch(() => undefined);
}
