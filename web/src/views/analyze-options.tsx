import { useModels } from '../hooks/use-models.js';
import type { AnalyzeChoices, Capabilities, SpeakersMode } from '../types.js';

interface Props {
  readonly capabilities: Capabilities;
  readonly choices: AnalyzeChoices;
  readonly onChange: (choices: AnalyzeChoices) => void;
}

export function AnalyzeOptions({ capabilities, choices, onChange }: Props) {
  const { loaded: models } = useModels();
  const list = models.kind === 'ready' ? models.value : [];
  const preset = list.find((model) => model.isDefault);
  return (
    <div class="options-body">
      <label class="field">
        <span class="field-label">Model</span>
        <select class="input" value={choices.model ?? preset?.id ?? ''} onChange={(event) => onChange({ ...choices, model: event.currentTarget.value || undefined })}>
          {list.map((model) => <option key={model.id} value={model.id}>{model.name} {model.version}{model.isDefault ? ' (usual)' : ''}</option>)}
        </select>
      </label>
      <label class="field">
        <span class="field-label">Speakers</span>
        <select class="input" value={choices.speakers} onChange={(event) => onChange({ ...choices, speakers: event.currentTarget.value as SpeakersMode })}>
          <option value="NONE">Do not tell apart</option>
          <option value="CHANNELS">One on each channel</option>
          {capabilities.diarization && <option value="AUTO">Find them in the sound</option>}
        </select>
      </label>
      <label class="check">
        <input type="checkbox" checked={choices.raw} onChange={(event) => onChange({ ...choices, raw: event.currentTarget.checked })} />
        <span>Raw: no check for speech, one window <span class="muted">(for short clips)</span></span>
      </label>
    </div>
  );
}
