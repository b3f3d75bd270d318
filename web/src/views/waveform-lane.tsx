import { useEffect, useRef } from 'preact/hooks';
import { useColorScheme } from '../hooks/use-color-scheme.js';
import type { TimeWindow } from '../hooks/use-time-window.js';
import { paintRegions } from '../paint/regions.js';
import { paintWaveform } from '../paint/waveform.js';
import { resolveColor, toneProperty } from '../palette.js';
import type { Regions, Segment, Waveform } from '../types.js';

const WAVE_HEIGHT_PX = 112;
const REGIONS_HEIGHT_PX = 22;

interface Props {
  readonly widthPx: number;
  readonly window: TimeWindow;
  readonly waveform: Waveform | null;
  readonly regions: Regions | null;
  readonly segments: readonly Segment[];
  readonly labels: readonly string[];
}

/** The waveform, drawn from the server's peaks (no audio is downloaded for it), and beneath it where somebody speaks. */
export function WaveformLane({ widthPx, window, waveform, regions, segments, labels }: Props) {
  const wave = useRef<HTMLCanvasElement>(null);
  const speech = useRef<HTMLCanvasElement>(null);
  const scheme = useColorScheme();
  useEffect(() => {
    if (widthPx <= 0) return;
    if (wave.current && waveform) {
      paintWaveform(wave.current, widthPx, WAVE_HEIGHT_PX, waveform, segments, window, {
        idle: resolveColor('--wave-idle'), unsure: resolveColor('--wave-unsure'), axis: resolveColor('--line'),
        of: (label) => resolveColor(toneProperty(label, labels)),
      });
    }
    if (speech.current) {
      paintRegions(speech.current, widthPx, REGIONS_HEIGHT_PX, regions, segments, window, {
        speech: resolveColor('--speech'), track: resolveColor('--line'), gated: resolveColor('--gated'), ink: resolveColor('--ink-2'),
      });
    }
  }, [widthPx, window, waveform, regions, segments, labels, scheme]);
  return (
    <>
      <div class="lane lane--wave">
        <span class="lane-name" aria-hidden="true">Voice</span>
        {waveform ? <canvas ref={wave} class="lane-canvas" data-lane="waveform" aria-hidden="true" /> : <p class="lane-absent small muted">The waveform is drawn when the recording has been read.</p>}
      </div>
      <div class="lane lane--regions">
        <span class="lane-name" aria-hidden="true">Speech</span>
        <canvas ref={speech} class="lane-canvas" data-lane="speech" aria-hidden="true" />
      </div>
    </>
  );
}
