import { useEffect, useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { formatMoment } from '../format.js';
import { useDraft } from '../hooks/use-draft.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { sectionHref } from '../hooks/use-route.js';
import { DELETE_RULE, RULE, UPDATE_RULE } from '../rule-documents.js';
import type { RuleDetail as Rule } from '../rule-types.js';
import { Notice } from './notice.js';
import { RuleApply } from './rule-apply.js';
import { RuleBacktest } from './rule-backtest.js';
import { RuleEditor } from './rule-editor.js';

interface Props {
  readonly api: Api;
  readonly id: string;
  readonly canEdit: boolean;
  readonly onChange: () => void;
}

export function RuleDetail({ api, id, canEdit, onChange }: Props) {
  const [loaded, reload] = useLoaded(id, async (signal) => (await api.run(RULE, { id }, signal)).rule);
  if (loaded.kind === 'loading') return <p class="muted" role="status">Loading…</p>;
  if (loaded.kind === 'failed') return <Notice tone="error" title="The rule could not be loaded" action={{ label: 'Try again', run: reload }}>{loaded.error.message}</Notice>;
  if (!loaded.value) return <Notice tone="error" title="There is no such rule">It may have been deleted. Choose one from the list.</Notice>;
  return <Loaded api={api} rule={loaded.value} canEdit={canEdit} onChange={() => {
    reload();
    onChange();
  }} />;
}

function Loaded({ api, rule, canEdit, onChange }: { readonly api: Api; readonly rule: Rule; readonly canEdit: boolean; readonly onChange: () => void }) {
  const stored = JSON.stringify(rule.definition, null, 2);
  const [text, setText] = useState(stored);
  const [note, setNote] = useState('');
  const [refusal, setRefusal] = useState<{ readonly path: string; readonly message: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const check = useDraft(text);
  const { definition } = check;
  // A new version is there: what is in the field is that version now.
  useEffect(() => setText(stored), [rule.version]);
  const change = (next: string): void => {
    setText(next);
    setRefusal(null);
  };
  const save = async (): Promise<void> => {
    if (definition === null) return;
    setProblem(null);
    try {
      const { updateRule: answer } = await api.run(UPDATE_RULE, { id: rule.id, input: { definition, expectedVersion: rule.version, ...(note.trim() === '' ? {} : { note: note.trim() }) } });
      if (answer.id !== undefined) {
        setNote('');
        onChange();
      } else if (answer.field != null) setRefusal({ path: answer.field, message: answer.message ?? '' });
      else setProblem(answer.message ?? 'Nothing was changed.');
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  const isChanged = text !== stored;
  return (
    <>
      <section class="card stack" aria-labelledby="rule-title">
        <div class="card-head">
          <h2 class="card-title" id="rule-title">{rule.name} <span class="muted">version {rule.version}</span></h2>
          {canEdit && <DeleteRule api={api} rule={rule} onDeleted={onChange} />}
        </div>
        {rule.description !== '' && <p class="muted">{rule.description}</p>}
        <RuleEditor text={text} check={check} refusal={refusal} readOnly={!canEdit} onText={change} />
        {problem !== null && <Notice tone="error" title="Nothing was changed">{problem}</Notice>}
        {canEdit && (
          <div class="form-row">
            <label class="field"><span class="field-label">Why it changes <span class="muted">(kept in its history)</span></span><input class="input" value={note} onInput={(event) => setNote(event.currentTarget.value)} /></label>
            <button type="button" class="button button--primary" disabled={definition === null || !isChanged} onClick={() => void save()}>Save version {rule.version + 1}</button>
            {isChanged && <button type="button" class="button" onClick={() => change(stored)}>Undo</button>}
          </div>
        )}
      </section>
      <RuleBacktest api={api} target={definition !== null ? (isChanged ? { definition } : { id: rule.id }) : null} />
      {canEdit && <RuleApply api={api} rule={rule} isChanged={isChanged} onApplied={onChange} />}
      <section class="card" aria-labelledby="versions-title">
        <h2 class="card-title" id="versions-title">Versions <span class="muted">{rule.history.length}</span></h2>
        <ol class="versions">
          {rule.history.map((version) => (
            <li key={version.version}>
              <strong>{version.version}</strong><span>{version.note ?? <span class="muted">no reason given</span>}</span>
              <span class="small muted">{version.createdBy}, {formatMoment(version.createdAt)}</span>
              <button type="button" class="link" aria-label={`Show version ${version.version} in the editor`} onClick={() => change(JSON.stringify(version.definition, null, 2))}>Show in the editor</button>
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

function DeleteRule({ api, rule, onDeleted }: { readonly api: Api; readonly rule: Rule; readonly onDeleted: () => void }) {
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const remove = async (): Promise<void> => {
    try {
      const { deleteRule: answer } = await api.run(DELETE_RULE, { id: rule.id });
      if (answer.id === undefined) {
        setProblem(answer.message ?? 'It is still there.');
        return;
      }
      location.hash = sectionHref('rules');
      onDeleted();
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  if (!isAsking) return <button type="button" class="button button--small" onClick={() => setAsking(true)}>Delete…</button>;
  return (
    <div class="inline-form" role="group" aria-label="Delete the rule">
      <span class="small">Its alerts stay.</span>
      <button type="button" class="button button--small button--danger" onClick={() => void remove()}>Delete this rule</button>
      <button type="button" class="button button--small" onClick={() => setAsking(false)}>Keep it</button>
      {problem !== null && <p class="small field-problem" role="alert">{problem}</p>}
    </div>
  );
}
