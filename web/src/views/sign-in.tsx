import { useEffect, useRef, useState } from 'preact/hooks';
import { Brand } from './brand.js';

interface Props {
  /** Why the last key did not open the door. */
  readonly complaint: string | null;
  readonly onKey: (key: string) => void;
}

export function SignIn({ complaint, onKey }: Props) {
  const [text, setText] = useState('');
  const [isEmpty, setEmpty] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [complaint]);

  const submit = (event: Event): void => {
    event.preventDefault();
    const key = text.trim();
    setEmpty(key === '');
    if (key !== '') onKey(key);
  };
  const problem = isEmpty ? 'Enter a key first.' : complaint;
  return (
    <main class="door">
      <form class="door-card" onSubmit={submit} noValidate>
        <Brand />
        <h1 class="door-title">Hear what voices express</h1>
        <p class="muted">Sign in with an API key of this server. It is sent once and kept nowhere; you stay signed in on this browser for up to twelve hours.</p>
        <label class="field">
          <span class="field-label">API key</span>
          <input
            ref={field} class="input" type="password" name="key" value={text} autocomplete="off" spellcheck={false}
            aria-invalid={problem !== null} aria-describedby="key-help" onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {problem !== null && <p class="field-problem" role="alert">{problem}</p>}
        <button type="submit" class="button button--primary button--wide">Sign in</button>
        <p class="small muted" id="key-help">
          No key yet? The server prints an admin key the first time it starts; with it, <code>undertone keys create</code> makes more.
        </p>
      </form>
    </main>
  );
}
