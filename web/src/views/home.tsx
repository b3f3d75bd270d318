/** Nothing is open: says what will be here and what to do. */
export function Home({ canUpload }: { readonly canUpload: boolean }) {
  return (
    <section class="empty">
      <svg class="empty-art" viewBox="0 0 240 96" aria-hidden="true">
        <path class="empty-wave" d="M8 40v8M20 32v24M32 22v44M44 34v20M56 38v12M68 26v36M80 12v64M92 24v40M104 36v16M116 40v8M128 30v28M140 16v56M152 28v32M164 38v12M176 34v20M188 20v48M200 32v24M212 38v12M224 41v6" />
        <path class="empty-under" d="M4 84c18-8 30 6 48 2s26-14 44-8 28 12 46 6 24-12 42-6 30 10 52 2" />
      </svg>
      <h1>{canUpload ? 'Drop a recording anywhere on this page' : 'Choose a recording'}</h1>
      <p class="muted">
        You will see its waveform, the emotions expressed in the voice over time, and every stretch of speech with what was heard in it:
        to play, to compare and to check.
      </p>
      <p class="small muted">Undertone describes how a voice sounds. It does not know what somebody feels.</p>
    </section>
  );
}
