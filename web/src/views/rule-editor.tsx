import { useRef } from 'preact/hooks';
import type { CheckedDraft, Fault } from '../hooks/use-draft.js';
import { lineOf, placeOf, type Place } from '../located-json.js';
import { Icon } from './icon.js';

interface Props {
  readonly text: string;
  readonly check: CheckedDraft;
  /** What the server found at the last attempt to save; it knows more than the schema can say. */
  readonly refusal: { readonly path: string; readonly message: string } | null;
  readonly readOnly: boolean;
  readonly onText: (text: string) => void;
}

/** A plain text field with the faults beneath it; pressing one selects its place. */
export function RuleEditor({ text, check, refusal, readOnly, onText }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { faults: own, places, isChecked } = check;
  const faults: readonly Fault[] = refusal && own.length === 0 ? [{ ...refusal, place: placeOf(places, refusal.path) }] : own;
  const show = ({ from, to }: Place): void => {
    const area = field.current;
    if (!area) return;
    area.focus();
    area.setSelectionRange(from, to);
    const lineHeight = area.scrollHeight / Math.max(1, text.split('\n').length);
    area.scrollTop = Math.max(0, (lineOf(text, from).line - 4) * lineHeight);
  };
  return (
    <div class="stack">
      <label class="field">
        <span class="field-label">Rule as JSON <span class="muted">(<a href="/schemas/rule.json" target="_blank" rel="noreferrer">its schema</a>)</span></span>
        <textarea
          ref={field} class="editor" spellcheck={false} autocomplete="off" readOnly={readOnly} value={text} aria-invalid={faults.length > 0} aria-describedby="rule-faults"
          onInput={(event) => onText(event.currentTarget.value)}
        />
      </label>
      <div id="rule-faults" role="status" class="small">
        {faults.length === 0
          ? <p class="ok-line"><Icon name="tick" />{isChecked ? 'Fits the schema.' : 'Reads as JSON; the schema is not here to check it.'}</p>
          : (
            <ul class="faults">
              {faults.map((fault) => {
                const { line, column } = lineOf(text, fault.place.from);
                return (
                  <li key={`${fault.path} ${fault.message}`}>
                    <button type="button" class="link" onClick={() => show(fault.place)}>{fault.path === null || fault.path === '' ? 'the rule' : fault.path}</button>
                    <span>{fault.message}</span><span class="muted">line {line}, column {column}</span>
                  </li>
                );
              })}
            </ul>
          )}
      </div>
    </div>
  );
}
