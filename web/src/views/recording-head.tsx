import type { Api } from '../api.js';
import { formatBytes, formatMoment, formatTime } from '../format.js';
import type { AnalysisChoice, Capabilities, RecordingDetail } from '../types.js';
import { statusWord } from '../words.js';
import { AnalyzeAgain } from './analyze-again.js';

interface Props {
  readonly api: Api;
  readonly recording: RecordingDetail;
  readonly capabilities: Capabilities;
  readonly analysisId: string | null;
  readonly canAnalyze: boolean;
  readonly onChoose: (analysisId: string) => void;
  readonly onStarted: (analysisId: string) => void;
}

function choiceWords({ createdAt, model, raw, speakersMode, status }: AnalysisChoice): string {
  const extras = [raw ? 'raw' : '', speakersMode === 'CHANNELS' ? 'by channel' : '', speakersMode === 'AUTO' ? 'by speaker' : '', status === 'SUCCEEDED' ? '' : statusWord(status)].filter(Boolean);
  return [`${model.name}, ${formatMoment(createdAt)}`, ...extras].join(', ');
}

export function RecordingHead({ api, recording, capabilities, analysisId, canAnalyze, onChoose, onStarted }: Props) {
  const { nodes } = recording.analyses;
  return (
    <header class="head">
      <div class="head-words">
        <h1 class="head-title">{recording.title ?? recording.fileName}</h1>
        <p class="small muted">
          {[recording.durationSeconds === null ? '' : formatTime(recording.durationSeconds), formatBytes(recording.byteLength), `added ${formatMoment(recording.createdAt)}`, recording.title === null ? '' : recording.fileName].filter(Boolean).join(' · ')}
        </p>
      </div>
      <div class="head-tools">
        {nodes.length > 1 && (
          <label class="inline-field">
            <span class="small muted">Analysis</span>
            <select class="input input--small" value={analysisId ?? ''} onChange={(event) => onChoose(event.currentTarget.value)}>
              {nodes.map((choice) => <option key={choice.id} value={choice.id}>{choiceWords(choice)}</option>)}
            </select>
          </label>
        )}
        {canAnalyze && <AnalyzeAgain key={analysisId ?? ''} api={api} capabilities={capabilities} recordingId={recording.id} isFirst={analysisId === null} onStarted={onStarted} />}
      </div>
    </header>
  );
}
