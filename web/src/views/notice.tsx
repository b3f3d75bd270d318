import type { ComponentChildren } from 'preact';
import { Icon } from './icon.js';

interface Props {
  readonly tone: 'error' | 'warning';
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** Something the reader must know. Errors are announced; warnings are read in their place. */
export function Notice({ tone, title, children, action }: Props) {
  return (
    <div class={`notice notice--${tone}`} role={tone === 'error' ? 'alert' : undefined}>
      <Icon name={tone} />
      <div class="notice-body">
        <p class="notice-title">{title}</p>
        {children !== undefined && <div class="notice-text">{children}</div>}
      </div>
      {action && <button type="button" class="button" onClick={action.run}>{action.label}</button>}
    </div>
  );
}
