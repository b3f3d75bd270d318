/**
 * One audio element with what the page needs of it: seek, play a stretch and stop at its end, and a tick for every frame
 * while it plays. Views read `timeSeconds` when told of a change instead of holding a copy.
 */
export class Player {
  readonly audio: HTMLAudioElement;
  readonly #listeners = new Set<() => void>();
  #stopAtSeconds: number | null = null;
  #frame = 0;
  /** Somebody pressed play and has not paused since: after a renewed address it goes on by itself. */
  #isWanted = false;
  /** Why nothing can be heard, in words; null while all is well. */
  problem: string | null = null;

  /** `renewUrl` gives a fresh signed address when the old one is refused (they expire); null when there is none. */
  constructor(url: string, renewUrl: () => Promise<string | null>) {
    this.audio = new Audio();
    this.audio.preload = 'metadata';
    this.audio.src = url;
    let isRenewed = false;
    this.audio.addEventListener('loadeddata', () => (isRenewed = false));
    this.audio.addEventListener('error', () => {
      if (isRenewed) {
        this.#fail();
        return;
      }
      isRenewed = true;
      const resumeSeconds = this.timeSeconds;
      renewUrl().then((fresh) => {
        if (fresh === null) {
          this.#fail();
          return;
        }
        this.audio.src = fresh;
        this.audio.currentTime = resumeSeconds;
        if (this.#isWanted) this.#play();
      }, () => this.#fail());
    });
    for (const event of ['play', 'pause', 'seeked', 'ended', 'ratechange', 'loadedmetadata']) this.audio.addEventListener(event, () => this.#changed());
  }

  get timeSeconds(): number {
    return this.audio.currentTime;
  }

  get isPlaying(): boolean {
    return !this.audio.paused && !this.audio.ended;
  }

  seek(seconds: number): void {
    this.#stopAtSeconds = null;
    this.audio.currentTime = Math.max(0, seconds);
    this.#changed();
  }

  toggle(): void {
    this.#stopAtSeconds = null;
    if (this.isPlaying) this.pause();
    else this.#play();
  }

  playStretch(startSeconds: number, endSeconds: number): void {
    this.audio.currentTime = startSeconds;
    this.#stopAtSeconds = endSeconds;
    this.#play();
  }

  pause(): void {
    this.#isWanted = false;
    this.audio.pause();
  }

  /** Calls back at every change and at every frame while playing; returns the function that stops it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#listeners.clear();
    this.pause();
    this.audio.removeAttribute('src');
    this.audio.load();
  }

  #play(): void {
    this.#isWanted = true;
    this.audio.play().catch((error: unknown) => {
      // Interrupted by a pause or another seek: what the listener wanted.
      if (error instanceof DOMException && error.name === 'AbortError') return;
      // The error event has it already, and may mend it.
      if (this.audio.error === null) this.#fail();
    });
  }

  #fail(): void {
    this.problem = 'This browser cannot play the recording: the format may be one it does not know. The analysis is not affected.';
    this.#changed();
  }

  #changed(): void {
    cancelAnimationFrame(this.#frame);
    if (this.#stopAtSeconds !== null && this.timeSeconds >= this.#stopAtSeconds) {
      this.#stopAtSeconds = null;
      this.pause();
    }
    for (const listener of this.#listeners) listener();
    if (this.isPlaying) this.#frame = requestAnimationFrame(() => this.#changed());
  }
}
