import { useEffect, useRef } from 'preact/hooks';
import { useColorScheme } from '../hooks/use-color-scheme.js';
import type { TimeWindow } from '../hooks/use-time-window.js';
import { paintSpeaker } from '../paint/speakers.js';
import { resolveColor, toneProperty } from '../palette.js';
import type { Conversation, Segment, Speaker } from '../types.js';
import { speakerWord } from '../words.js';

const HEIGHT_PX = 30;

interface Props {
  readonly widthPx: number;
  readonly window: TimeWindow;
  readonly speakers: readonly Speaker[];
  readonly conversation: Conversation;
  readonly segments: readonly Segment[];
  readonly labels: readonly string[];
}

/** Who talks when: one row a voice. What is drawn here stands in words in the table of speakers. */
export function SpeakerLanes({ speakers, ...rest }: Props) {
  return <>{speakers.map((speaker) => <SpeakerLane key={speaker.id} speaker={speaker} {...rest} />)}</>;
}

function SpeakerLane({ speaker, widthPx, window, conversation, segments, labels }: Omit<Props, 'speakers'> & { readonly speaker: Speaker }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useColorScheme();
  useEffect(() => {
    if (!canvas.current || widthPx <= 0) return;
    paintSpeaker(canvas.current, widthPx, HEIGHT_PX, conversation, speaker.id, segments, window, {
      turn: resolveColor('--surface-2'), turnEdge: resolveColor('--line-strong'), speech: resolveColor('--speech'), unsure: resolveColor('--wave-unsure'), overlap: resolveColor('--ink'),
      of: (label) => resolveColor(toneProperty(label, labels)),
    });
  }, [widthPx, window, conversation, segments, labels, speaker.id, scheme]);
  return (
    <div class="lane lane--speaker">
      <span class="lane-name" aria-hidden="true" title={speakerWord(speaker)}>{speakerWord(speaker)}</span>
      <canvas ref={canvas} class="lane-canvas" data-lane="speaker" aria-hidden="true" />
    </div>
  );
}
