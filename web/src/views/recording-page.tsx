import { useEffect } from 'preact/hooks';
import type { Api } from '../api.js';
import { RECORDING } from '../documents.js';
import { useLoaded } from '../hooks/use-loaded.js';
import { usePlayer } from '../hooks/use-player.js';
import type { Capabilities, Viewer } from '../types.js';
import { Icon } from './icon.js';
import { Notice } from './notice.js';
import { RecordingBody } from './recording-body.js';

interface Props {
  readonly api: Api;
  readonly id: string;
  /** Where to put the playhead at first; null: at the beginning. */
  readonly atSeconds: number | null;
  readonly viewer: Viewer;
  readonly capabilities: Capabilities;
  /** Something changed that the list of recordings shows. */
  readonly onChange: () => void;
}

export function RecordingPage({ api, id, atSeconds, viewer, capabilities, onChange }: Props) {
  const [loaded, reload] = useLoaded(id, async (signal) => (await api.run(RECORDING, { id }, signal)).recording);
  const recording = loaded.kind === 'ready' ? loaded.value : null;
  const name = recording ? (recording.title ?? recording.fileName) : null;
  useEffect(() => {
    document.title = name === null ? 'Undertone' : `${name} · Undertone`;
    return () => {
      document.title = 'Undertone';
    };
  }, [name]);
  return (
    <>
      <a class="back" href="#/"><Icon name="back" /> All recordings</a>
      {loaded.kind === 'loading' && <p class="muted" role="status">Loading…</p>}
      {loaded.kind === 'failed' && <Notice tone="error" title="The recording could not be loaded" action={{ label: 'Try again', run: reload }}>{loaded.error.message}</Notice>}
      {loaded.kind === 'ready' && !recording && <Notice tone="error" title="There is no such recording">It may have been deleted, or it belongs to another workspace. Choose one from the list.</Notice>}
      {recording && <WithPlayer atSeconds={atSeconds} api={api} recording={recording} viewer={viewer} capabilities={capabilities} onChange={() => {
        reload();
        onChange();
      }} />}
    </>
  );
}

type WithPlayerProps = Omit<Parameters<typeof RecordingBody>[0], 'player'> & Pick<Props, 'atSeconds'>;

function WithPlayer({ atSeconds, ...props }: WithPlayerProps) {
  const player = usePlayer(props.api, props.recording.id, props.recording.audioUrl);
  useEffect(() => {
    if (atSeconds !== null) player?.seek(atSeconds);
  }, [player, atSeconds]);
  return player && <RecordingBody {...props} player={player} />;
}
