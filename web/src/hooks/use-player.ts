import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../api.js';
import { AUDIO_URL } from '../documents.js';
import { Player } from '../player.js';

/** The player of one recording; it is stopped and released when the recording or the view changes. */
export function usePlayer(api: Api, recordingId: string, audioUrl: string): Player | null {
  const [player, setPlayer] = useState<Player | null>(null);
  useEffect(() => {
    const made = new Player(audioUrl, async () => (await api.run(AUDIO_URL, { id: recordingId })).recording?.audioUrl ?? null);
    setPlayer(made);
    return () => made.close();
    // A reload signs the address anew; playing must not break off for that.
  }, [api, recordingId]);
  return player;
}

/** Re-renders when `read` gives another value: at most as often as the value changes, however often the player ticks. */
export function usePlayerValue<Value extends string | number | boolean | null>(player: Player, read: (player: Player) => Value): Value {
  const [value, setValue] = useState(() => read(player));
  // What is read may depend on what is shown, which grows while an analysis runs.
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    const look = (): void => setValue(latest.current(player));
    look();
    return player.listen(look);
  }, [player]);
  return value;
}
