import { useMemo, useState } from 'preact/hooks';
import { useTimeWindow } from '../hooks/use-time-window.js';
import type { Player } from '../player.js';
import type { RecordingDetail, Segment, Timeline } from '../types.js';
import { Legend } from './legend.js';
import { PlayerBar } from './player-bar.js';
import { Readout } from './readout.js';
import { Track } from './track.js';

interface Props {
  readonly player: Player;
  readonly recording: RecordingDetail;
  readonly durationSeconds: number;
  readonly segments: readonly Segment[];
  readonly timeline: Timeline | null;
}

const NO_LABELS: readonly string[] = [];

/** Hear and see the recording: player, waveform, speech and timeline in step. */
export function ListenCard({ player, recording, durationSeconds, segments, timeline }: Props) {
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
        segments={inOrder} timeline={timeline} labels={labels} only={only} onHover={setHoverSeconds}
      />
      {timeline && timeline.startSeconds.length > 0 && (
        <div class="listen-foot">
          <Readout player={player} timeline={timeline} segments={segments} labels={labels} hoverSeconds={hoverSeconds} />
          <Legend labels={labels} only={only} onOnly={setOnly} />
        </div>
      )}
    </section>
  );
}
