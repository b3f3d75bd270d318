import { useMemo, useState } from 'preact/hooks';
import { useTimeWindow } from '../hooks/use-time-window.js';
import type { Player } from '../player.js';
import type { Conversation, RecordingDetail, Segment, Speaker, Timeline } from '../types.js';
import { speakerWord } from '../words.js';
import { Legend } from './legend.js';
import { PlayerBar } from './player-bar.js';
import { Readout } from './readout.js';
import { Track } from './track.js';

interface Props {
  readonly player: Player;
  readonly recording: RecordingDetail;
  readonly durationSeconds: number;
  readonly segments: readonly Segment[];
  readonly speakers: readonly Speaker[];
  readonly conversation: Conversation | null;
  readonly timeline: Timeline | null;
  /** Whose timeline is shown; null: everybody's. */
  readonly speakerId: string | null;
  readonly onSpeaker: (id: string | null) => void;
}

const NO_LABELS: readonly string[] = [];

/** Hear and see the recording: player, waveform, speech, speakers and timeline in step. */
export function ListenCard({ player, recording, durationSeconds, segments, speakers, conversation, timeline, speakerId, onSpeaker }: Props) {
  const control = useTimeWindow(durationSeconds);
  const [only, setOnly] = useState<string | null>(null);
  const [hoverSeconds, setHoverSeconds] = useState<number | null>(null);
  const labels = timeline?.labels ?? NO_LABELS;
  const inOrder = useMemo(() => [...segments].sort((a, b) => a.startSeconds - b.startSeconds), [segments]);
  return (
    <section class="card listen" aria-label="Listen">
      <PlayerBar player={player} durationSeconds={durationSeconds} control={control} />
      <Track
        player={player} durationSeconds={durationSeconds} control={control} waveform={recording.waveform} regions={recording.speechRegions}
        segments={inOrder} speakers={speakers} conversation={conversation} timeline={timeline} labels={labels} only={only} onHover={setHoverSeconds}
      />
      {timeline && (timeline.startSeconds.length > 0 || speakerId !== null) && (
        <div class="listen-foot">
          <div class="listen-tools">
            <Readout player={player} timeline={timeline} segments={segments} speakers={speakers} conversation={conversation} labels={labels} hoverSeconds={hoverSeconds} />
            {speakers.length > 1 && (
              <label class="inline-field">
                <span class="small muted">Timeline of</span>
                <select class="input input--small" value={speakerId ?? ''} onChange={(event) => onSpeaker(event.currentTarget.value || null)}>
                  <option value="">everybody</option>
                  {speakers.map((speaker) => <option key={speaker.id} value={speaker.id}>{speakerWord(speaker)}</option>)}
                </select>
              </label>
            )}
          </div>
          <Legend labels={labels} hasOverlaps={conversation !== null && conversation.overlaps.startSeconds.length > 0} only={only} onOnly={setOnly} />
        </div>
      )}
    </section>
  );
}
