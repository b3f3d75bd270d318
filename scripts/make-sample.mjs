// Makes samples/conversation.flac: a conversation of two synthesized voices, so that a demo needs nobody's recording.
// Needs espeak-ng and ffmpeg. The file is committed; this script says how it came to be and makes it again.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Pitch 0–99, speed in words a minute, amplitude 0–200: all that a formant synthesizer has for a mood.
const LINES = [
  { voice: 'en-us+f3', pitch: 55, speed: 160, amplitude: 95, pauseAfter: 1.4, text: 'Good morning, you have reached the service desk. How can I help you?' },
  { voice: 'en-gb+m3', pitch: 62, speed: 205, amplitude: 190, pauseAfter: 1.4, text: 'This is the third time I am calling! My order never came, and nobody answers!' },
  { voice: 'en-gb+m3', pitch: 25, speed: 120, amplitude: 60, pauseAfter: 1.4, text: 'It was a present for my mother. Her birthday was yesterday.' },
  { voice: 'en-us+f3', pitch: 80, speed: 185, amplitude: 130, pauseAfter: 1.4, text: 'Wonderful news! I found it. It comes today!' },
  { voice: 'en-gb+m3', pitch: 70, speed: 180, amplitude: 120, pauseAfter: 1.4, text: 'Really? Oh, that is great! Thank you so much!' },
];

const target = fileURLToPath(new URL('../samples/conversation.flac', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'undertone-sample-'));
try {
  const inputs = LINES.map((line, i) => {
    const path = join(folder, `${i}.wav`);
    execFileSync('espeak-ng', ['-v', line.voice, '-p', String(line.pitch), '-s', String(line.speed), '-a', String(line.amplitude), '-w', path, line.text]);
    return path;
  });
  // A little room noise (−74 dBFS): no recording has digital silence between words, and a quality report rightly takes it for loss.
  const filters = LINES.map((line, i) => `[${i}:a]aresample=16000,apad=pad_dur=${line.pauseAfter}[a${i}]`);
  const graph = `${filters.join(';')};${LINES.map((_, i) => `[a${i}]`).join('')}concat=n=${LINES.length}:v=0:a=1,volume=-3dB[voices];anoisesrc=r=16000:a=0.0002:c=pink:s=7[noise];[voices][noise]amix=inputs=2:duration=first:normalize=0[out]`;
  // bitexact: no version of the encoder in the file, so that the same tools give the same bytes.
  execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...inputs.flatMap((path) => ['-i', path]), '-filter_complex', graph, '-map', '[out]', '-ac', '1', '-sample_fmt', 's16', '-map_metadata', '-1', '-fflags', '+bitexact', '-flags:a', '+bitexact', '-compression_level', '12', target]);
} finally {
  rmSync(folder, { recursive: true });
}
const size = statSync(target).size;
if (size > 400_000) throw new Error(`the sample has ${size} bytes; a clone should stay small`);
writeFileSync(new URL('../samples/README.md', import.meta.url), `# Sample

\`conversation.flac\` (16 kHz, mono): two voices **synthesized** with espeak-ng by \`scripts/make-sample.mjs\`, the lines and moods are in that script.
No person speaks in it. Pitch, speed and loudness are varied for each line, which is all that a formant synthesizer has to show a mood;
what a model trained on human speech says about it shows how Undertone works, not how well it hears people.
Licence: that of the project (the text and the arrangement are its own; espeak-ng's licence does not extend to its output).
`);
