import { useState } from 'preact/hooks';
import type { Api } from '../api.js';
import { ANALYSIS } from '../documents.js';
import { isFinished } from '../follow-analysis.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { usePlayerValue } from '../hooks/use-player.js';
import { useSegments } from '../hooks/use-segments.js';
import { useTimeline } from '../hooks/use-timeline.js';
import type { Player } from '../player.js';
import type { AnalysisDetail, Capabilities, RecordingDetail, Viewer } from '../types.js';
import { AlertsCard } from './alerts-card.js';
import { AnalysisProgress } from './analysis-progress.js';
import { ListenCard } from './listen-card.js';
import { Notice } from './notice.js';
import { QualityCard } from './quality-card.js';
import { RecordingHead } from './recording-head.js';
import { SegmentsCard } from './segments-card.js';
import { SpeakersCard } from './speakers-card.js';
import { SummaryCard } from './summary-card.js';
import { TranscriptCard } from './transcript-card.js';
import { WarningsCard } from './warnings-card.js';

interface Props {
  readonly api: Api;
  readonly player: Player;
  readonly recording: RecordingDetail;
  readonly viewer: Viewer;
  readonly capabilities: Capabilities;
  readonly onChange: () => void;
}

export function RecordingBody({ api, player, recording, viewer, capabilities, onChange }: Props) {
  const [chosenId, setChosenId] = useState<string | null>(null);
  const analysisId = chosenId ?? recording.latestAnalysis?.id ?? null;
  const [loaded, reload] = useLoaded(analysisId ?? '', async (signal) => (analysisId === null ? null : (await api.run(ANALYSIS, { id: analysisId }, signal)).analysis));
  const analysis = loaded.kind === 'ready' ? loaded.value : null;
  const [parts, setParts] = useState<{ readonly id: string; readonly round: number } | null>(null);
  const [speakerId, setSpeakerId] = useState<string | null>(null);
  const isDone = analysis?.status === 'SUCCEEDED';
  // A running analysis is shown as far as it has got.
  const shownId = analysis && (isDone || analysis.status === 'RUNNING' || parts?.id === analysis.id) ? analysis.id : null;
  const round = parts !== null && parts.id === shownId ? parts.round : 0;
  const look = (id: string): void => setParts((old) => ({ id, round: old?.id === id ? old.round + 1 : 1 }));
  const heardSeconds = usePlayerValue(player, ({ audio }) => (Number.isFinite(audio.duration) ? audio.duration : 0));
  const durationSeconds = recording.durationSeconds ?? waveformSeconds(recording) ?? heardSeconds;
  const segments = useSegments(api, shownId, round);
  const ownSpeaker = analysis?.speakers.some(({ id }) => id === speakerId) ? speakerId : null;
  const timeline = useTimeline(api, shownId, durationSeconds, ownSpeaker, round);
  const canAnalyze = viewer.role !== 'viewer';
  const failure = loaded.kind === 'failed' ? loaded.error : segments.kind === 'failed' ? segments.error : timeline.kind === 'failed' ? timeline.error : null;
  const quality = recording.quality && <QualityCard quality={recording.quality} />;
  return (
    <>
      <RecordingHead
        api={api} recording={recording} capabilities={capabilities} analysisId={analysisId} canAnalyze={canAnalyze} onChoose={setChosenId}
        onStarted={(id) => {
          setChosenId(id);
          onChange();
        }}
      />
      {failure && <Notice tone="error" title="A part of the result could not be loaded" action={{ label: 'Try again', run: onChange }}>{failure.message}</Notice>}
      {analysis && !isFinished(analysis.status) && <AnalysisProgress key={`progress ${analysis.id}`} api={api} analysis={analysis} canCancel={canAnalyze} onPart={() => look(analysis.id)} onEnd={() => {
        look(analysis.id);
        reload();
        onChange();
      }} />}
      {analysis && <Ending analysis={analysis} />}
      {durationSeconds > 0 && (
        <ListenCard
          player={player} recording={recording} durationSeconds={durationSeconds}
          segments={segments.kind === 'ready' ? segments.value.rows : NO_SEGMENTS} speakers={analysis?.speakers ?? NO_SEGMENTS} conversation={analysis?.conversation ?? null}
          timeline={timeline.kind === 'ready' ? timeline.value : null} speakerId={ownSpeaker} onSpeaker={setSpeakerId}
        />
      )}
      {analysis && <WarningsCard warnings={analysis.warnings} />}
      {analysis && isDone && analysis.alerts.length > 0 && <AlertsCard api={api} alerts={analysis.alerts} canAcknowledge={canAnalyze} onSeek={(seconds) => player.seek(seconds)} />}
      {isDone && (
        <div class="pair">
          <SummaryCard analysis={analysis} />
          {quality}
        </div>
      )}
      {isDone && <SpeakersCard api={api} analysis={analysis} canEdit={canAnalyze} onChange={() => {
        reload();
        look(analysis.id);
      }} />}
      {isDone && <TranscriptCard key={`transcript ${analysis.id}`} api={api} analysisId={analysis.id} labels={analysis.model.labels} canImport={canAnalyze} onPlay={(from, to) => player.playStretch(from, to)} onChange={() => look(analysis.id)} />}
      {analysis && (isDone || analysis.id === shownId) && segments.kind === 'ready' && (isDone || segments.value.rows.length > 0) && (
        <SegmentsCard key={`segments ${analysis.id}`} api={api} player={player} recordingId={recording.id} segments={segments.value} labels={analysis.model.labels} isPartial={!isDone} canReview={canAnalyze} onChange={() => look(analysis.id)} />
      )}
      {!isDone && quality}
    </>
  );
}

const NO_SEGMENTS: readonly never[] = [];

function Ending({ analysis }: { readonly analysis: AnalysisDetail }) {
  if (analysis.status === 'CANCELLED') return <Notice tone="warning" title="This analysis was cancelled">Nothing of it was kept. Analyse again whenever you like.</Notice>;
  if (analysis.status !== 'FAILED') return null;
  return <Notice tone="error" title="This analysis failed">{analysis.problem ? `${analysis.problem.message} (${analysis.problem.code})` : 'The server gave no reason; its log has one.'}</Notice>;
}

function waveformSeconds({ waveform }: RecordingDetail): number | null {
  return waveform && waveform.maximum.length * waveform.bucketSeconds;
}
