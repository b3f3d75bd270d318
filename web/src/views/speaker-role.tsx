import { useEffect, useRef, useState } from 'preact/hooks';
import { toApiError, type Api } from '../api.js';
import { SET_SPEAKER_ROLE } from '../documents.js';
import { formatMoment } from '../format.js';
import type { Speaker } from '../types.js';
import { speakerWord } from '../words.js';

interface Props {
  readonly api: Api;
  readonly speaker: Speaker;
  readonly canEdit: boolean;
  readonly onChange: () => void;
}

/** Says who a voice is, with the reason, and shows who said so before. */
export function SpeakerRole({ api, speaker, canEdit, onChange }: Props) {
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    opener.current?.focus();
  };
  return (
    <>
      {canEdit && !isOpen && <button ref={opener} type="button" class="link" aria-label={`Change the role of ${speakerWord(speaker)}`} onClick={() => setOpen(true)}>Change role</button>}
      {isOpen && <RoleForm api={api} speaker={speaker} onClose={close} onSaved={() => {
        setOpen(false);
        onChange();
      }} />}
      {speaker.roleHistory.length > 0 && (
        <details class="options">
          <summary>Changed {speaker.roleHistory.length === 1 ? 'once' : `${speaker.roleHistory.length} times`}</summary>
          <ol class="history small">
            {speaker.roleHistory.map((change) => <li key={change.id}>{change.before ?? 'no role'} → {change.after ?? 'no role'}: {change.reason} <span class="muted">({change.keyName}, {formatMoment(change.changedAt)})</span></li>)}
          </ol>
        </details>
      )}
    </>
  );
}

function RoleForm({ api, speaker, onClose, onSaved }: { readonly api: Api; readonly speaker: Speaker; readonly onClose: () => void; readonly onSaved: () => void }) {
  const [role, setRole] = useState(speaker.role ?? '');
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const { setSpeakerRole: result } = await api.run(SET_SPEAKER_ROLE, { speakerId: speaker.id, role: role.trim() === '' ? null : role.trim(), reason });
      if (result.code === undefined) onSaved();
      else setProblem(result.message ?? result.code);
    } catch (error) {
      setProblem(toApiError(error).message);
    }
  };
  return (
    <form class="role-form" onSubmit={(event) => void save(event)} onKeyDown={(event) => event.key === 'Escape' && onClose()}>
      <label class="field"><span class="field-label">Role</span><input ref={field} class="input input--small" value={role} placeholder="none" onInput={(event) => setRole(event.currentTarget.value)} /></label>
      <label class="field"><span class="field-label">Why</span><input class="input input--small" required value={reason} onInput={(event) => setReason(event.currentTarget.value)} /></label>
      <button type="submit" class="button button--small button--primary">Save</button>
      <button type="button" class="button button--small" onClick={onClose}>Cancel</button>
      {problem !== null && <p class="small field-problem" role="alert">{problem}</p>}
    </form>
  );
}
