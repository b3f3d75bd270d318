import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, open, readFile, readdir, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FfmpegDecoder } from '../../src/audio/ffmpeg-decoder.js';
import { isUndertoneError } from '../../src/domain/errors.js';
import { rms, tone, uniformNoise, useWorkspace, wavBytes } from '../audio/support/sound-files.js';

const run = promisify(execFile);
const files = useWorkspace();
const decoder = new FfmpegDecoder();

/** The code it was refused with; what was decoded when it was not. */
async function outcome(path: string, more: Parameters<typeof files.options>[0] = {}): Promise<string> {
  try {
    const decoded = await decoder.decode(path, files.options(more));
    await decoded.pcm.dispose();
    return `decoded ${decoded.pcm.sampleCount}${decoded.truncated ? ' truncated' : ''}`;
  } catch (error) {
    if (!isUndertoneError(error)) throw error;
    return error.code;
  }
}

describe('a manifest under the name of a recording', () => {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    response.end(secretWav);
  });
  const secretWav = wavBytes(tone(440, 1, 16_000), { rateHz: 16_000 });
  let host = '';
  let secret = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    secret = await files.put('secret.wav', secretWav);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const hls = (target: string): string => `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n${target}\n#EXT-X-ENDLIST\n`;
  const dash = (target: string): string =>
    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT10S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="128000"><BaseURL>${target}</BaseURL></Representation></AdaptationSet></Period></MPD>`;

  it('would be followed by an ffmpeg that is allowed to', async () => {
    const manifest = await files.put('control.m3u8', hls(`${host}/part.ts`));
    await run('ffmpeg', ['-nostdin', '-v', 'quiet', '-protocol_whitelist', 'file,http,tcp', '-f', 'hls', '-i', manifest, '-f', 'null', '-']).catch(() => undefined);
    expect(requests).toBeGreaterThan(0);
  });

  it('is refused as NOT_AUDIO, reads no other file and makes no connection', async () => {
    requests = 0;
    const manifests: Record<string, string> = {
      'hls-file.mp3': hls(secret),
      'hls-relative.mp3': hls('secret.wav'),
      'hls-http.wav': hls(`${host}/part.wav`),
      'hls-nested.wav': hls(`hls+${host}/part.m3u8`),
      'dash-http.wav': dash(`${host}/part.mp4`),
      'dash-file.m4a': dash(secret),
      'concat.wav': `ffconcat version 1.0\nfile '${secret}'\n`,
      'concat-http.ogg': `ffconcat version 1.0\nfile '${host}/a.wav'\n`,
      'session.mp3': `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n`,
      'imf.wav': `<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><Id>urn:uuid:1</Id></CompositionPlaylist>`,
      'meta.flac': ';FFMETADATA1\ntitle=x\n',
    };
    for (const [name, text] of Object.entries(manifests)) expect(await outcome(await files.put(name, text)), name).toBe('NOT_AUDIO');
    expect(requests).toBe(0);
  });
});

describe('a header that lies', () => {
  it('of 1 Hz is refused before it grows', async () => {
    const path = await files.put('bomb.wav', wavBytes(uniformNoise(1_000_000, 2), { rateHz: 1 }));
    expect(await outcome(path)).toBe('AUDIO_LIMIT_EXCEEDED');
  });

  it('of many channels or an absurd rate is refused or decoded, never fatal', async () => {
    const noise = uniformNoise(60_000, 4);
    expect(await outcome(await files.put('rate.wav', wavBytes(noise, { rateHz: 0x7fffffff })))).toMatch(/AUDIO_LIMIT_EXCEEDED|AUDIO_CORRUPT|NOT_AUDIO/);
    expect(await outcome(await files.put('zero.wav', wavBytes(noise, { rateHz: 0 })))).toMatch(/AUDIO_LIMIT_EXCEEDED|AUDIO_CORRUPT|NOT_AUDIO/);
    expect(await outcome(await files.put('wide.wav', wavBytes(noise, { rateHz: 16_000, channels: 600 })))).toMatch(/AUDIO_LIMIT_EXCEEDED|AUDIO_CORRUPT|NOT_AUDIO/);
  });

  it('of ten hours that are there is AUDIO_TOO_LONG in bounded memory, in FLAC and in a sparse WAV', async () => {
    await files.ffmpeg('-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', '36000', '-c:a', 'flac', '-frame_size', '65535', 'ten-hours.flac');
    const sparse = await files.put('ten-hours.wav', wavBytes(new Float32Array(0), { rateHz: 8000, declaredDataBytes: 36_000 * 8000 * 2 }));
    const handle = await open(sparse, 'r+');
    await handle.truncate(44 + 36_000 * 8000 * 2);
    await handle.close();
    const before = process.memoryUsage().rss;
    const spilling = new FfmpegDecoder({ memorySeconds: 30 });
    for (const path of [files.path('ten-hours.flac'), sparse]) {
      await expect(spilling.decode(path, files.options({ maxSeconds: 1800 }))).rejects.toMatchObject({ code: 'AUDIO_TOO_LONG', details: { maxSeconds: 1800 } });
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
    expect(await files.leftovers()).toEqual([]);
  }, 60_000);

  it('is not believed when it promises more than is allowed but holds less', async () => {
    const path = await files.put('promise.wav', wavBytes(tone(440, 2, 8000), { rateHz: 8000, declaredDataBytes: 0x40000000 }));
    expect(await outcome(path, { maxSeconds: 60 })).toBe('decoded 32000 truncated');
  });

  it('takes exactly the longest that is allowed and not a second more', async () => {
    const path = await files.put('limit.wav', wavBytes(tone(440, 10, 8000), { rateHz: 8000 }));
    expect(await outcome(path, { maxSeconds: 10 })).toBe('decoded 160000');
    expect(await outcome(path, { maxSeconds: 9 })).toBe('AUDIO_TOO_LONG');
    const plain = await files.put('plain-limit.wav', wavBytes(tone(440, 10, 16_000), { rateHz: 16_000 }));
    expect(await outcome(plain, { maxSeconds: 10 })).toBe('decoded 160000');
    expect(await outcome(plain, { maxSeconds: 9 })).toBe('AUDIO_TOO_LONG');
  });

  it('that costs more time than allowed ends ffmpeg and leaves no process', async () => {
    const path = await files.put('slow.wav', wavBytes(uniformNoise(8000 * 600, 9), { rateHz: 8000 }));
    expect(await outcome(path, { timeoutMs: 30 })).toBe('AUDIO_LIMIT_EXCEEDED');
    const open = await openersOf(path);
    expect(open).toEqual([]);
  });
});

/** Other processes that hold a file open (Linux; empty elsewhere). */
async function openersOf(path: string): Promise<string[]> {
  const holders: string[] = [];
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      if ((await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')) === path) holders.push(pid);
    }
  }
  return holders;
}

describe('what is no recording', () => {
  it('is told apart: empty, text, picture, archive, program, folder, pipe', async () => {
    await files.ffmpeg('-f', 'lavfi', '-i', 'testsrc=d=1:s=64x64', '-frames:v', '1', 'picture.png');
    await mkdir(files.path('folder'));
    await run('mkfifo', [files.path('pipe.wav')]);
    expect(await outcome(await files.put('empty.wav', ''))).toBe('UPLOAD_EMPTY');
    expect(await outcome(await files.put('text.wav', 'The quick brown fox jumps over the lazy dog. '.repeat(50)))).toBe('NOT_AUDIO');
    expect(await outcome(await files.put('page.mp3', '<!doctype html><html><body>404</body></html>'))).toBe('NOT_AUDIO');
    expect(await outcome(await files.put('picture.mp3', await readFile(files.path('picture.png'))))).toBe('NOT_AUDIO');
    expect(await outcome(await files.put('archive.wav', Buffer.concat([Buffer.from('PK\x03\x04\x14\0\0\0\x08\0', 'latin1'), Buffer.from(uniformNoise(2000, 3).buffer)])))).toBe('NOT_AUDIO');
    expect(await outcome(await files.put('program.wav', (await readFile(process.execPath)).subarray(0, 100_000)))).toBe('NOT_AUDIO');
    expect(await outcome(files.path('folder'))).toBe('NOT_AUDIO');
    expect(await outcome(files.path('pipe.wav'))).toBe('NOT_AUDIO');
  });

  it('but a film without sound is NO_AUDIO_STREAM', async () => {
    await files.ffmpeg('-f', 'lavfi', '-i', 'testsrc=d=1:s=64x64', 'mute.mp4');
    await files.ffmpeg('-f', 'lavfi', '-i', 'testsrc=d=1:s=64x64', 'mute.mkv');
    expect(await outcome(files.path('mute.mp4'))).toBe('NO_AUDIO_STREAM');
    expect(await outcome(files.path('mute.mkv'))).toBe('NO_AUDIO_STREAM');
  });
});

describe('a file that breaks off', () => {
  it('keeps the samples that came and says so', async () => {
    const wav = await files.put('whole.wav', wavBytes(uniformNoise(96_000, 6), { rateHz: 24_000 }));
    for (const name of ['whole.wav', 'whole.flac', 'whole.mp3', 'whole.ogg', 'whole.mkv', 'whole.webm']) {
      if (name !== 'whole.wav') await files.ffmpeg('-i', wav, name);
      const bytes = await readFile(files.path(name));
      expect(await outcome(files.path(name)), name).toMatch(/^decoded \d+$/);
      const cut = await files.put(`cut-${name}`, bytes.subarray(0, Math.floor(bytes.length * 0.6)));
      expect(await outcome(cut), name).toMatch(/^decoded [23456]\d{4} truncated$/);
    }
    const plain = wavBytes(uniformNoise(32_000, 6), { rateHz: 16_000 });
    expect(await outcome(await files.put('cut-plain.wav', plain.subarray(0, 40_044)))).toBe('decoded 20000 truncated');
  });

  it('is AUDIO_CORRUPT when nothing can be decoded', async () => {
    const wav = await files.put('index.wav', wavBytes(tone(440, 2, 24_000), { rateHz: 24_000 }));
    await files.ffmpeg('-i', wav, 'index.m4a');
    const bytes = await readFile(files.path('index.m4a'));
    expect(await outcome(await files.put('no-index.m4a', bytes.subarray(0, Math.floor(bytes.length * 0.6))))).toBe('AUDIO_CORRUPT');
    expect(await outcome(await files.put('header.wav', wavBytes(new Float32Array(0), { rateHz: 16_000 })))).toBe('AUDIO_CORRUPT');
  });
});

describe('odd file names', () => {
  it('are names and nothing else', async () => {
    const bytes = wavBytes(tone(440, 1, 8000), { rateHz: 8000 });
    const names = ['-y', '-i.wav', 'http:x.wav', 'concat:a|b.wav', 'pipe:0', 'line\nbreak.wav', 'quo"te\'s $(touch x) `y`.wav', '感情 🙂.wav', '%d.wav', 'a*b?.wav', ' leading.wav', 'data:audio,x'];
    for (const name of names) expect(await outcome(await files.put(name, bytes)), name).toBe('decoded 16000');
  });
});

describe('random damage', () => {
  it.each(['wav', 'mp3', 'ogg', 'flac', 'm4a', 'mkv'])('to %s never crashes, hangs or leaves anything behind', async (extension) => {
    const wav = await files.put('seed.wav', wavBytes(tone(440, 0.4, 24_000), { rateHz: 24_000 }));
    if (extension !== 'wav') await files.ffmpeg('-i', wav, `seed.${extension}`);
    const bytes = await readFile(files.path(`seed.${extension}`));
    const mutate = async (seed: number): Promise<string> => {
      const random = uniformNoise(200, seed).map((x) => (x + 1) / 2);
      const copy = Buffer.from(bytes);
      const damages = 1 + Math.floor(random[0]! * 20);
      // Half of the damage goes where it hurts most: into the header.
      for (let i = 0; i < damages; i++) copy[Math.floor(random[3 * i + 1]! * (i % 2 === 0 ? Math.min(200, copy.length) : copy.length))] = Math.floor(random[3 * i + 2]! * 256);
      const end = random[190]! < 0.2 ? Math.floor(random[191]! * copy.length) : copy.length;
      return outcome(await files.put(`mutant-${extension}-${seed}`, copy.subarray(0, end)), { maxSeconds: 60, timeoutMs: 10_000 });
    };
    const outcomes: string[] = [];
    for (let seed = 1; seed <= 40; seed += 2) outcomes.push(...(await Promise.all([mutate(seed), mutate(seed + 1)])));
    const allowed = /^(decoded \d+( truncated)?|NOT_AUDIO|NO_AUDIO_STREAM|AUDIO_CORRUPT|AUDIO_LIMIT_EXCEEDED|AUDIO_TOO_LONG|UPLOAD_EMPTY)$/;
    expect(outcomes.filter((text) => !allowed.test(text))).toEqual([]);
    expect(await files.leftovers()).toEqual([]);
  }, 120_000);

  it('does not make samples that are no numbers', async () => {
    const bytes = wavBytes(tone(440, 0.5, 16_000), { rateHz: 16_000, encoding: 'f32' });
    for (let seed = 1; seed <= 20; seed++) {
      const copy = Buffer.from(bytes);
      uniformNoise(50, seed).forEach((x, i) => (copy[44 + Math.floor(((x + 1) / 2) * (copy.length - 44))] = (i * 37 + seed) % 256));
      const decoded = await decoder.decode(await files.put('numbers.wav', copy), files.options());
      expect(Number.isFinite(rms(await decoded.pcm.read(0, 8000)))).toBe(true);
    }
  });
});
