import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

interface Props {
  readonly title: string;
  readonly words?: string;
  /** Tools at the right. */
  readonly children?: ComponentChildren;
}

/** Title of a view, in the page and in the browser's tab. */
export function PageHead({ title, words, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Undertone`;
    return () => {
      document.title = 'Undertone';
    };
  }, [title]);
  return (
    <header class="head">
      <div class="head-words">
        <h1 class="head-title">{title}</h1>
        {words !== undefined && <p class="muted">{words}</p>}
      </div>
      {children !== undefined && <div class="head-tools">{children}</div>}
    </header>
  );
}
