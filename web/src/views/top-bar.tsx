import { useModels } from '../hooks/use-models.js';
import { sectionHref, type Route, type Section } from '../hooks/use-route.js';
import type { Viewer } from '../types.js';
import { modelStateWord } from '../words.js';
import { Brand } from './brand.js';

interface Props {
  readonly viewer: Viewer;
  readonly route: Route;
  readonly onSignOut: (everywhere: boolean) => void;
}

const LINKS: readonly (readonly [Section, string])[] = [['reviews', 'Review'], ['alerts', 'Alerts'], ['rules', 'Rules'], ['evaluation', 'Evaluation'], ['webhooks', 'Webhooks'], ['models', 'Models']];

export function TopBar({ viewer, route, onSignOut }: Props) {
  const { loaded: models } = useModels();
  const current = models.kind === 'ready' ? (models.value.find((model) => model.isDefault) ?? models.value[0]) : undefined;
  return (
    <header class="bar">
      <a class="bar-home" href="#/" aria-label="Undertone, start page"><Brand /></a>
      <nav class="bar-nav" aria-label="Main">
        <a href="#/" aria-current={route.name === 'home' || route.name === 'recording' ? 'page' : undefined}>Recordings</a>
        {LINKS.filter(([section]) => section !== 'webhooks' || viewer.role === 'admin').map(([section, word]) => (
          <a key={section} href={sectionHref(section)} aria-current={route.name === section ? 'page' : undefined}>
            {word}
            {section === 'models' && current && <span class={`state state--${current.state.toLowerCase()}`}><span class="state-dot" aria-hidden="true" />{modelStateWord(current.state)}</span>}
          </a>
        ))}
      </nav>
      <div class="bar-who">
        <span class="small muted" title={`${viewer.keyName} · ${viewer.role}`}>{viewer.keyName} · {viewer.role}</span>
        <button type="button" class="button button--quiet" title="Ends every browser's session of this key" onClick={() => onSignOut(true)}>Log out everywhere</button>
        <button type="button" class="button button--quiet" onClick={() => onSignOut(false)}>Sign out</button>
      </div>
    </header>
  );
}
