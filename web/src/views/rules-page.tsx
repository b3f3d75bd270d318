import type { Api } from '../api.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { sectionHref } from '../hooks/use-route.js';
import { RULES } from '../rule-documents.js';
import type { RuleRow } from '../rule-types.js';
import { Notice } from './notice.js';
import { NewRule } from './new-rule.js';
import { PageHead } from './page-head.js';
import { RuleDetail } from './rule-detail.js';
import { SeverityMark } from './severity-mark.js';

interface Props {
  readonly api: Api;
  /** Of the rule that is open; `new`; null: none. */
  readonly id: string | null;
  readonly canEdit: boolean;
}

/** Business rules: what there is at the left, one of them at the right. */
export function RulesPage({ api, id, canEdit }: Props) {
  const [loaded, reload] = useLoaded('rules', (signal) => api.run(RULES, {}, signal));
  const rules = loaded.kind === 'ready' ? loaded.value.rules : [];
  return (
    <>
      <PageHead title="Rules" words="When something is to be known or done: anger for a while, calm turning to anger, nobody speaking.">
        {canEdit && <a class="button button--primary" href={sectionHref('rules', 'new')}>New rule</a>}
      </PageHead>
      {loaded.kind === 'failed' && <Notice tone="error" title="The rules could not be loaded" action={{ label: 'Try again', run: reload }}>{loaded.error.message}</Notice>}
      {loaded.kind === 'loading' && <p class="muted" role="status">Loading…</p>}
      {loaded.kind === 'ready' && (
        <div class="split">
          <section class="card" aria-labelledby="rules-list">
            <h2 class="card-title" id="rules-list">All rules <span class="muted">{rules.length}</span></h2>
            {rules.length === 0 && <p class="small muted">There is none yet. Start from a ready one.</p>}
            <ul class="items">{rules.map((rule) => <li key={rule.id}><RuleLink rule={rule} isOpen={rule.id === id} /></li>)}</ul>
          </section>
          <div>
            {id === 'new' && canEdit && <NewRule api={api} templates={loaded.value.ruleTemplates} onMade={reload} />}
            {id !== null && id !== 'new' && <RuleDetail key={id} api={api} id={id} canEdit={canEdit} onChange={reload} />}
            {id === null && <p class="card muted">{rules.length === 0 ? 'A rule looks at every new analysis and raises an alert where it holds. It can be tried on the past first.' : 'Choose a rule to see, change or try it.'}</p>}
          </div>
        </div>
      )}
    </>
  );
}

function RuleLink({ rule, isOpen }: { readonly rule: RuleRow; readonly isOpen: boolean }) {
  return (
    <a class="row" href={sectionHref('rules', rule.id)} aria-current={isOpen ? 'page' : undefined}>
      <span class="item-top"><span class={rule.enabled ? 'row-name' : 'row-name item-off'}>{rule.name}</span><SeverityMark severity={rule.severity} /></span>
      <span class="small muted">{rule.enabled ? '' : 'switched off · '}fired {rule.firingCount === 1 ? 'once' : `${rule.firingCount} times`} · version {rule.version}</span>
    </a>
  );
}
