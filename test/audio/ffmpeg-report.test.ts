import { symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { probeFfmpeg } from '../../src/audio/ffmpeg-capabilities.js';
import { CONTAINER_FORMATS } from '../../src/audio/ffmpeg-command.js';
import { FfmpegDecoder } from '../../src/audio/ffmpeg-decoder.js';
import { DEFAULT_SEARCH_PATH, findProgram } from '../../src/audio/ffmpeg-process.js';
import { channelsOfLayout, parseFfmpegLog } from '../../src/audio/ffmpeg-report.js';
import { tone, useWorkspace, wavBytes } from './support/sound-files.js';

const files = useWorkspace();

describe("ffmpeg's log", () => {
  it('gives channels for every way ffmpeg writes a layout', () => {
    const layouts: Record<string, number | null> = {
      mono: 1, stereo: 2, downmix: 2, '2.1': 3, quad: 4, 'quad(side)': 4, '5.1': 6, '5.1(side)': 6, '7.1(wide)': 8, '7.1.4': 12, '12 channels': 12, '1 channels (FL)': 1,
      '3 channels (FL+FR+LFE)': 3, 'ambisonic 1': 4, hexagonal: 6, nonsense: null,
    };
    for (const [layout, channels] of Object.entries(layouts)) expect(channelsOfLayout(layout), layout).toBe(channels);
  });

  it('takes the first audio stream and the last loudness, and believes no tag that imitates them', () => {
    const log = [
      "[info] Input #0, matroska,webm, from 'file:/dev/fd/3':",
      '[info]   Metadata:',
      '[info]     title           : Stream #0:0: Audio: evil, 1 Hz, mono',
      '[info]     Duration: 99:00:00.00, bitrate: 1 kb/s',
      '[info]   Duration: 00:01:05.50, start: 0.000000, bitrate: 105 kb/s',
      '[info]   Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), none(progressive), 320x240, 38 kb/s, 25 fps',
      '[info]   Stream #0:1[0x2](eng): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, 5.1(side), fltp, 127 kb/s (default)',
      '[info]   Stream #0:2: Audio: opus, 8000 Hz, mono, fltp',
      '[info] Stream mapping:',
      '[info]   Stream #0:0: Audio: pcm_f32le, 16000 Hz, mono, flt, 512 kb/s',
      '[Parsed_ebur128_4 @ 0x55] [info] Summary:\n\n  Integrated loudness:\n    I:           0.0 LUFS\n',
      '[Parsed_ebur128_4 @ 0x55] [info] Summary:\n\n  Integrated loudness:\n    I:         -18.4 LUFS\n',
    ].join('\n');
    expect(parseFfmpegLog(log)).toMatchObject({
      opened: true,
      source: { container: 'matroska,webm', codec: 'aac', sampleRateHz: 48_000, channels: 6, bitrateBps: 127_000 },
      streamCount: 3,
      declaredSeconds: 65.5,
      integratedLoudnessLufs: -18.4,
      brokeOff: false,
      failedContainer: null,
    });
  });

  it('of a file with a cover counts its sound alone, and takes the late start of a Matroska file off its length', () => {
    const ofFlac = ["[info] Input #0, flac, from 'file:/dev/fd/3':", '[info]   Duration: 00:00:09.00, start: 0.000000, bitrate: 435 kb/s', '[info]   Stream #0:0: Audio: flac, 48000 Hz, stereo, s16', '[info]   Stream #0:1: Video: mjpeg, none, 90k tbr (attached pic)'];
    expect(parseFfmpegLog(ofFlac.join('\n'))).toMatchObject({ streamCount: 1, declaredSeconds: 9, source: { codec: 'flac', bitrateBps: null } });
    const late = ["[info] Input #0, matroska,webm, from 'file:/dev/fd/3':", '[info]   Duration: 01:00:09.00, start: 3600.000000, bitrate: 0 kb/s', '[info]   Stream #0:0: Audio: opus, 48000 Hz, mono, fltp'];
    expect(parseFfmpegLog(late.join('\n'))).toMatchObject({ declaredSeconds: 9, source: { bitrateBps: null } });
  });

  it('tells what could not be decoded from junk round an MP3 and from the joints of a chained Ogg file', () => {
    const brokeOff = (container: string, codec: string, line: string): boolean => parseFfmpegLog(`[info] Input #0, ${container}, from 'file:/dev/fd/3':\n[info]   Stream #0:0: Audio: ${codec}, 48000 Hz, mono, fltp\n[info] Stream mapping:\n${line}`).brokeOff;
    const lines = ['[error] Error while decoding stream #0:0: Invalid data found when processing input', '[aist#0:0/aac @ 0x5] [error] Error submitting packet to decoder: Invalid data found when processing input'];
    expect(lines.map((line) => brokeOff('aac', 'aac (LC)', line))).toEqual([true, true]);
    expect(lines.map((line) => brokeOff('mp3', 'mp3', line))).toEqual([false, false]);
    expect(lines.map((line) => brokeOff('ogg', 'opus', line))).toEqual([false, false]);
    expect(brokeOff('ogg', 'vorbis', '[ogg @ 0x5] [error] failed to create or replace stream')).toBe(true);
  });

  it('reads where the clock went on without sound, however ffmpeg begins the line, and no number that a file says', () => {
    const input = ["[info] Input #0, matroska,webm, from 'file:/dev/fd/3':", '[info]   Metadata:', '[info]     title           : 1.000000', '[info]   Stream #0:0: Audio: opus, 48000 Hz, mono, fltp', '[info] 7.000000', '[info] 8.000000'];
    const run = ['[info] Stream mapping:', '[info] 5.033500', '[info] 3.008500', '[Eval @ 0x7ffd] [info] 12.000000', '[Eval @ 0x7ffd] [info] 0.250000', '[info] 99.000000'];
    expect(parseFfmpegLog([...input, ...run].join('\n')).holes).toEqual([{ startSeconds: 5.0335, seconds: 3.0085 }, { startSeconds: 12, seconds: 0.25 }]);
    expect(parseFfmpegLog(input.join('\n')).holes).toEqual([]);
  });

  it('without a recognised container says so', () => {
    expect(parseFfmpegLog('[error] file:/dev/fd/3: Invalid data found when processing input')).toMatchObject({ opened: false, source: null, failedContainer: null });
    expect(parseFfmpegLog('[png_pipe @ 0x55] [error] Format not on whitelist \'wav\'')).toMatchObject({ opened: false, failedContainer: null });
    expect(parseFfmpegLog('[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55] [error] moov atom not found')).toMatchObject({ opened: false, failedContainer: 'mov' });
    expect(parseFfmpegLog('')).toMatchObject({ opened: false, source: null, integratedLoudnessLufs: null });
  });
});

describe('the ffmpeg of this machine', () => {
  it('has soxr and every container that is accepted', async () => {
    const capabilities = await probeFfmpeg();
    expect(capabilities?.version).toMatch(/^\d/);
    expect(capabilities?.hasSoxr).toBe(true);
    expect(capabilities?.formats).toEqual([...CONTAINER_FORMATS]);
    expect(capabilities?.decoders).toEqual(expect.arrayContaining(['pcm_s16le', 'flac', 'mp3float', 'aac', 'vorbis', 'opus', 'amrnb']));
  });

  it('is null where there is none', async () => {
    expect(await probeFfmpeg('ffmpeg', files.folder)).toBeNull();
  });

  it('is enough by itself: without prlimit it decodes just the same', async () => {
    await symlink((await findProgram('ffmpeg', DEFAULT_SEARCH_PATH))!, files.path('ffmpeg'));
    const path = await files.put('alone.wav', wavBytes(tone(440, 1, 8000), { rateHz: 8000 }));
    const { pcm } = await new FfmpegDecoder({ searchPath: files.folder }).decode(path, files.options());
    expect(pcm.sampleCount).toBe(16_000);
  });
});
