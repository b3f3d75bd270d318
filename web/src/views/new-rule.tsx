import { useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { useDraft } from '../hooks/use-draft.js';
import { sectionHref } from '../hooks/use-route.js';
import { CREATE_RULE } from '../rule-documents.js';
import type { RuleTemplate } from '../rule-types.js';
import { Notice } from './notice.js';
import { RuleBacktest } from './rule-backtest.js';
import { RuleEditor } from './rule-editor.js';

const BLANK = { name: 'Anger that lasts', severity: 'warning', when: { sustained: { when: { label: { in: ['angry'] } }, forSeconds: 20 } }, actions: [{ alert: {} }] };

/** From a ready rule or a small example to one of one's own; it can be tried on the past before it exists. */
export function NewRule({ api, templates, onMade }: { readonly api: Api; readonly templates: readonly RuleTemplate[]; readonly onMade: () => void }) {
  const [text, setText] = useState(() => JSON.stringify(BLANK, null, 2));
  const [refusal, setRefusal] = useState<{ readonly path: string; readonly message: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const check = useDraft(text);
  const { definition } = check;
  const change = (next: string): void => {
    setText(next);
    setRefusal(null);
  };
  const create = async (): Promise<void> => {
    if (definition === null) return;
    setProblem(null);
    try {
      const { createRule: answer } = await api.run(CREATE_RULE, { input: { definition } });
      if (answer.id !== undefined) {
        onMade();
        location.hash = sectionHref('rules', answer.id);
      } else if (answer.field != null) setRefusal({ path: answer.field, message: answer.message ?? '' });
      else setProblem(answer.message ?? 'The rule was not made.');
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  return (
    <>
      <section class="card stack" aria-labelledby="new-rule">
        <h2 class="card-title" id="new-rule">New rule</h2>
        {templates.length > 0 && (
          <label class="field">
            <span class="field-label">Start from</span>
            <select class="input" onChange={(event) => {
              const chosen = templates.find(({ id }) => id === event.currentTarget.value);
              change(JSON.stringify(chosen?.definition ?? BLANK, null, 2));
            }}>
              <option value="">a small example</option>
              {templates.map(({ id, definition }) => <option key={id} value={id}>{definition.name ?? id}</option>)}
            </select>
          </label>
        )}
        <RuleEditor text={text} check={check} refusal={refusal} readOnly={false} onText={change} />
        {problem !== null && <Notice tone="error" title="The rule was not made">{problem}</Notice>}
        <div class="form-row"><button type="button" class="button button--primary" disabled={definition === null} onClick={() => void create()}>Make this rule</button></div>
      </section>
      <RuleBacktest api={api} target={definition !== null ? { definition } : null} />
    </>
  );
}
