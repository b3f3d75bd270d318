import ffmpeg from 'fluent-ffmpeg';
import { SAMPLE_RATE_HZ } from '../domain/pcm.js';
import { FILL_HOLES } from './timestamp-holes.js';

/**
 * Containers that may be opened, by ffmpeg's demuxer names (all exist in 5.1 and 7.1). Left out on purpose: everything
 * that points at other files or hosts (hls, dash, concat, sdp, rtsp, imf, image sequences) and everything without a
 * signature, where ffmpeg would have to guess. The worse failure is a playlist that makes us read somebody else's file.
 */
export const CONTAINER_FORMATS = [
  'wav', 'w64', 'aiff', 'mp3', 'aac', 'ac3', 'eac3', 'flac', 'ogg', 'mov', 'mp4', 'm4a', 'matroska', 'webm', 'amr', 'au', 'caf', 'asf', 'avi', 'flv',
  'mpegts', 'mpeg', 'wv', 'nistsphere',
] as const;

/**
 * Decoders that may run, by ffmpeg's names (a name that a build lacks is harmless). Without this list ffmpeg opens the
 * video decoders of every film just to describe it: the larger part of its attack surface, for nothing.
 */
export const AUDIO_DECODERS = [
  'pcm_u8', 'pcm_s8', 'pcm_s16le', 'pcm_s16be', 'pcm_s24le', 'pcm_s24be', 'pcm_s32le', 'pcm_s32be', 'pcm_f32le', 'pcm_f32be', 'pcm_s64le', 'pcm_s64be', 'pcm_f64le', 'pcm_f64be',
  'pcm_alaw', 'pcm_mulaw', 'adpcm_ms', 'adpcm_ima_wav', 'adpcm_ima_qt', 'adpcm_yamaha', 'adpcm_swf', 'g722', 'g726', 'g723_1', 'gsm', 'gsm_ms', 'libgsm', 'libgsm_ms', 'truespeech',
  'mp1float', 'mp2float', 'mp3float', 'mp3', 'mp2', 'aac', 'aac_latm', 'ac3', 'eac3', 'vorbis', 'libvorbis', 'opus', 'libopus', 'speex', 'libspeex',
  'flac', 'alac', 'wavpack', 'shorten', 'amrnb', 'amrwb', 'libopencore_amrnb', 'libopencore_amrwb', 'wmav1', 'wmav2', 'wmapro', 'wmavoice', 'nellymoser',
] as const;

/** More channels than this are refused; `MEAN_OF_ALL` names each of them. */
export const MAX_CHANNELS = 64;

// `<` divides by the sum of the gains that exist, so the one expression is the mean of any number of channels. ffmpeg's own
// downmix is no mean: it adds stereo at 0.707 and weighs surround channels.
const MEAN_OF_ALL = `c0<${Array.from({ length: MAX_CHANNELS }, (_, channel) => `c${channel}`).join('+')}`;

export interface DecodeCommand {
  /** Number of the file descriptor that the file is open under in ffmpeg's process. */
  readonly inputFd: number;
  /** Seconds of the input that ffmpeg reads at most. */
  readonly maxSeconds: number;
  readonly channel: 'mix' | number;
  /** False leaves EBU R128 out: ffmpeg's meter refuses channels without a named layout (more than eight), the samples don't need one. */
  readonly withLoudness: boolean;
}

/**
 * The arguments of one ffmpeg run: raw float32 at 16 kHz mono on stdout, EBU R128 of the unchanged source in the log.
 * The file is reached through a descriptor and not by name: then a name can be neither a protocol nor an option, its
 * extension cannot sway the choice of the demuxer, and it never shows up in a log.
 */
export function buildDecodeArguments({ inputFd, maxSeconds, channel, withLoudness }: DecodeCommand): string[] {
  const gains = channel === 'mix' ? MEAN_OF_ALL : `c0=c${channel}`;
  // Float before the mean: in 16 bits it would be rounded. soxr leaves samples that have the right rate already untouched.
  const toMono = `aformat=sample_fmts=fltp,pan=mono|${gains},aresample=${SAMPLE_RATE_HZ}:resampler=soxr`;
  const samplesOnly = `[0:a:0]${FILL_HOLES},${toMono}[pcm]`;
  const withMeter = `[0:a:0]${FILL_HOLES},asplit=2[samples][meter];[samples]${toMono}[pcm];[meter]ebur128=framelog=verbose[metered]`;
  const command = ffmpeg()
    .input(`file:/dev/fd/${inputFd}`)
    .inputOptions([
      '-hide_banner', '-nostdin', '-nostats', '-loglevel', 'repeat+level+info',
      '-protocol_whitelist', 'file,pipe', '-format_whitelist', CONTAINER_FORMATS.join(','), '-codec_whitelist', AUDIO_DECODERS.join(','),
      '-max_streams', '64', '-threads', '1', '-filter_complex_threads', '1',
      // Before -i: bounds what is read. After it, a header that lies would still make gigabytes in the filters.
      '-t', maxSeconds.toFixed(3),
    ])
    .complexFilter(withLoudness ? withMeter : samplesOnly)
    .output('pipe:1')
    .outputOptions(['-map', '[pcm]', '-vn', '-sn', '-dn', '-map_metadata', '-1', '-c:a', 'pcm_f32le', '-bitexact', '-flush_packets', '0', '-f', 'f32le']);
  if (withLoudness) command.output('pipe:2').outputOptions(['-map', '[metered]', '-vn', '-sn', '-dn', '-map_metadata', '-1', '-f', 'null']);
  return command._getArguments();
}
