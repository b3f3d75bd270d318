import { mkdir } from 'node:fs/promises';
import type { AudioDecoder, DecodedAudio } from '../audio/audio-decoder.js';
import type { AnalysisOptions, AnalysisOutcome, AnalysisWarning, AnalysisWindow, SegmentResult } from '../domain/analysis.js';
import { calibrationVersion, type AppliedCalibration } from '../domain/calibration.js';
import { conversationOf } from '../domain/conversation.js';
import { UndertoneError } from '../domain/errors.js';
import type { FrameTrack } from '../domain/frame-track.js';
import { resultDigest, type ModelManifest } from '../domain/model.js';
import { SAMPLE_RATE_HZ, samplesToSeconds, secondsToSamples, type PcmSource } from '../domain/pcm.js';
import type { Priority } from '../domain/priority.js';
import { visibleLabels } from '../domain/scores.js';
import { allowedWindows, leftOutWarning } from './left-out-voices.js';
import type { ForbiddenVoice } from '../domain/law/voices.js';
import type { SpokenStretch } from '../domain/speaker-turns.js';
import { NO_TRACING, traced, type Tracing } from '../domain/tracing.js';
import type { EmotionInference, SoundClassifier, SpeechProbability } from '../inference/emotion-inference.js';
import type { AnalysisSteps } from '../plugins/step-runner.js';
import type { Diarizer } from '../plugins/contract.js';
import { judge, segmentOf, speakersOf, trackOf, unfamiliarSpeech } from './analysis-summary.js';
import { listen, type Heard, type ListeningOptions, type Voice } from './listening.js';
import { soundTheSame } from './speech-scan.js';
import { tellApartByVoice } from './telling-apart.js';
import { inferOptions, inferWindows, type JudgedWindow } from './window-inference.js';
import { createModelAhead } from './model-ahead.js';

/** Shares of the whole that the stages take in the progress bar. */
const DECODED = 0.15;
const LISTENED = 0.3;
const INFERRED = 0.95;

export interface PipelineParts {
  readonly decoder: AudioDecoder;
  readonly listener: SpeechProbability & SoundClassifier;
  readonly inference: EmotionInference;
  readonly tempDir: string;
  readonly maxAudioSeconds: number;
  readonly maxRawSeconds: number;
  readonly decodeTimeoutMs: number;
  readonly abstainBelow: number;
  /** For `speakers: auto`; asked at each analysis, since plugins are registered after the pipeline is built. */
  readonly diarizer?: () => Diarizer | null;
  readonly tracing?: Tracing;
  /** Steps of plugins for one analysis: they add, or fail it where one is declared fatal. */
  readonly beginSteps?: () => AnalysisSteps;
}

export interface PipelineRequest {
  /** Asked for when something is to be decoded: a recording that was decoded beforehand need not be fetched. */
  readonly path: string | (() => Promise<string>);
  /** The mix, decoded beforehand; a rejection only means that it is decoded here. */
  readonly decoded?: Promise<DecodedAudio> | null;
  readonly options: AnalysisOptions;
  readonly priority: Priority;
  readonly signal: AbortSignal;
  /** 0 to 1, never falling. */
  readonly onProgress?: (fraction: number) => void;
  /** Each window as soon as it is done, in any order, long before the whole. */
  readonly onSegment?: (part: FinishedSegment) => void;
  /** Hands the decoded samples (the mix) over with the result; the caller disposes of them. */
  readonly keepPcm?: boolean;
  readonly wantFrameFeatures?: boolean;
  /** Instead of the model's own; left out or null: the model's own, where it has one. */
  readonly calibration?: AppliedCalibration | null;
  /** The caller's own diarization, in place of the diarizer's; with `speakers: auto` only. */
  readonly stretches?: readonly SpokenStretch[];
  /** Channels that are listened to, so that turns and cross-talk are known, and never judged. */
  readonly leftOut?: readonly ForbiddenVoice[];
}

/** One window's part of the result; the same as it will be in the whole. */
export interface FinishedSegment {
  readonly model: AnalysisOutcome['model'];
  readonly segment: SegmentResult;
  /** Its frames alone. */
  readonly track: FrameTrack;
}

export interface PipelineResult {
  readonly outcome: AnalysisOutcome;
  readonly track: FrameTrack;
  /** Min/max pairs, −127 to 127. */
  readonly peaks: Int8Array;
  /** [frames, D] of the judged windows in order; only when asked for. */
  readonly frameFeatures: Float32Array | null;
  /** Only when asked for. */
  readonly pcm: PcmSource | null;
}

/** From a file on disk to everything that is known of it. Touches no database, so the command can run it alone. */
export interface AnalysisPipeline {
  analyze(request: PipelineRequest): Promise<PipelineResult>;
  /** The mix alone; the caller disposes of it. */
  decode(path: string, signal: AbortSignal): Promise<DecodedAudio>;
}

export function createAnalysisPipeline(parts: PipelineParts): AnalysisPipeline {
  const { decoder, inference, tracing = NO_TRACING } = parts;

  async function decode(request: Pick<PipelineRequest, 'path' | 'signal'>, channel: 'mix' | number, onSeconds: (seconds: number) => void): Promise<DecodedAudio> {
    await mkdir(parts.tempDir, { recursive: true, mode: 0o700 });
    return traced(tracing, 'audio.decode', { attributes: { 'undertone.audio.channel': String(channel) } }, async () => decoder.decode(typeof request.path === 'string' ? request.path : await request.path(), {
      maxSeconds: parts.maxAudioSeconds, timeoutMs: parts.decodeTimeoutMs, tempDir: parts.tempDir, channel, signal: request.signal, onProgress: onSeconds,
    }));
  }

  /** The channels of a stereo recording one by one where they were asked for and differ; otherwise the mix alone. */
  async function decodeVoices(request: PipelineRequest, mix: DecodedAudio): Promise<readonly Voice[]> {
    const whole = [{ speaker: null, pcm: mix.pcm }];
    if (request.options.speakers !== 'channels' || request.options.raw || mix.source.channels !== 2) return whole;
    const decoded: DecodedAudio[] = [];
    let kept = false;
    try {
      for (const channel of [0, 1]) decoded.push(await decode(request, channel, () => undefined));
      const [left, right] = decoded as [DecodedAudio, DecodedAudio];
      if (await soundTheSame(left.pcm, right.pcm)) return whole;
      kept = true;
      return [{ speaker: 'channel-0', pcm: left.pcm }, { speaker: 'channel-1', pcm: right.pcm }];
    } finally {
      if (!kept) for (const one of decoded) await one.pcm.dispose();
    }
  }

  function tellingApart({ options, stretches, signal }: PipelineRequest): Pick<ListeningOptions, 'tellApart'> {
    if (options.speakers !== 'auto') return {};
    if (stretches !== undefined) return { tellApart: () => Promise.resolve({ stretches }) };
    return { tellApart: (pcm) => tellApartByVoice(parts.diarizer?.() ?? null, pcm, { speakerCount: options.speakerCount ?? null, signal }) };
  }

  async function analyzeDecoded(request: PipelineRequest, decoded: DecodedAudio, report: (fraction: number) => void): Promise<PipelineResult> {
    const own = inference.manifest(request.options.modelId);
    const calibration = request.calibration ?? modelCalibration(own);
    const manifest = calibration === null ? own : { ...own, calibration };
    const { pcm } = decoded;
    checkLength(request, pcm, manifest, parts.maxRawSeconds);
    const steps = parts.beginSteps?.();
    await steps?.afterDecode({ pcm, durationSeconds: samplesToSeconds(pcm.sampleCount), options: request.options }, request.signal);
    const voices = await decodeVoices(request, decoded);
    const asked = { modelId: manifest.id, priority: request.priority, wantFrameFeatures: request.wantFrameFeatures ?? false, tracing };
    const ahead = createModelAhead(inference, inferOptions(asked), request.signal);
    // Nobody waits for bulk work, and a voice that must not be judged is not judged for a moment either.
    const mayBegin = request.priority === 'interactive' && (request.leftOut ?? []).length === 0;
    try {
      const heard = await traced(tracing, 'audio.listen', { attributes: { 'undertone.audio.seconds': samplesToSeconds(pcm.sampleCount) } }, () => listen(parts.listener, decoded, voices, {
        raw: request.options.raw, speakers: request.options.speakers, maxWindowSeconds: manifest.maxWindowSeconds, priority: request.priority,
        ...tellingApart(request), ...(mayBegin ? { onOnlyWindow: (voice, span) => ahead.begin(voice, span) } : {}), signal: request.signal, onProgress: (fraction) => report(DECODED + fraction * (LISTENED - DECODED)),
      }));
      const pcmOf = new Map(voices.map((voice) => [voice.speaker, voice.pcm]));
      const samplesOf = (window: AnalysisWindow): PcmSource => pcmOf.get(window.speaker) ?? pcm;
      const windows = allowedWindows(heard.windows, request.leftOut ?? []);
      const judged = await inferWindows(samplesOf, windows, inference, {
        ...asked, signal: request.signal, ahead,
        onProgress: (fraction) => report(LISTENED + fraction * (INFERRED - LISTENED)),
        onJudged: (done, index) => request.onSegment?.({ model: modelOf(manifest), segment: segmentOf(done, index, manifest, parts.abstainBelow), track: trackOf([done], manifest, index) }),
      });
      return await concludeWith(request, manifest, calibration, heard, judged, { steps, samplesOf });
    } finally {
      ahead.end();
      for (const voice of voices) if (voice.pcm !== pcm) await voice.pcm.dispose();
    }
  }

  async function concludeWith(request: PipelineRequest, manifest: ModelManifest, calibration: AppliedCalibration | null, heard: Heard, judged: readonly JudgedWindow[], { steps, samplesOf }: { readonly steps: AnalysisSteps | undefined; readonly samplesOf: (window: AnalysisWindow) => PcmSource }): Promise<PipelineResult> {
    const judgement = judge(judged, manifest, parts.abstainBelow);
    const warnings: AnalysisWarning[] = [...heard.warnings, ...(request.leftOut ?? []).map(leftOutWarning)];
    if (calibration === null) warnings.push({ code: 'UNCALIBRATED', message: 'This model has no calibration: its confidence is the plain score and is usually too high.' });
    warnings.push(...unfamiliarWarning(judgement.segments, manifest));
    const channels = request.options.speakers === 'channels' ? ['channel-0', 'channel-1'] : [];
    const conversation = heard.stretches === null ? null : conversationOf(heard.stretches, heard.durationSeconds, channels);
    const outcome: AnalysisOutcome = {
      options: request.options,
      model: modelOf(manifest),
      calibration, durationSeconds: heard.durationSeconds, quality: heard.quality, speechRegions: heard.speechRegions, gate: heard.gate, warnings,
      summary: judgement.summary, segments: judgement.segments, embedding: judgement.embedding,
      speakers: conversation === null ? [] : speakersOf(judgement.segments, conversation, request.options.roles ?? null, judgement.labels, manifest, parts.abstainBelow),
      conversation,
    };
    await steps?.onSegments(outcome.segments, (segment) => samplesOf(segment).read(secondsToSamples(segment.startSeconds), secondsToSamples(segment.endSeconds)), request.signal);
    const finished = steps === undefined ? outcome : await steps.conclude(outcome, request.signal);
    return { outcome: finished, track: judgement.track, peaks: heard.peaks, frameFeatures: request.wantFrameFeatures === true ? joinFeatures(judged) : null, pcm: null };
  }

  return {
    decode: (path, signal) => decode({ path, signal }, 'mix', () => undefined),
    async analyze(request) {
      let reported = 0;
      const report = (fraction: number): void => {
        reported = Math.max(reported, Math.min(1, fraction));
        request.onProgress?.(reported);
      };
      // Decoding does not know how much is to come: the bar nears its share without reaching it.
      const here = (): Promise<DecodedAudio> => decode(request, 'mix', (seconds) => report(DECODED * (1 - 1 / (1 + seconds / 60))));
      const decoded = await (request.decoded?.catch(here) ?? here());
      let kept = false;
      try {
        report(DECODED);
        const result = await analyzeDecoded(request, decoded, report);
        kept = request.keepPcm === true;
        return kept ? { ...result, pcm: decoded.pcm } : result;
      } finally {
        if (!kept) await decoded.pcm.dispose();
      }
    },
  };
}

/** Where most of what was judged is unlike what the calibration was fitted on. */
function unfamiliarWarning(segments: readonly SegmentResult[], manifest: ModelManifest): readonly AnalysisWarning[] {
  const { judgedSeconds, unfamiliarSeconds } = unfamiliarSpeech(segments, manifest);
  if (2 * unfamiliarSeconds <= judgedSeconds) return [];
  return [{
    code: 'OUT_OF_DOMAIN',
    message: `${unfamiliarSeconds.toFixed(1)} s of ${judgedSeconds.toFixed(1)} s of speech are unlike what model "${manifest.id}" learned from: Undertone declines to say there, and the confidence is the plain score. Measure the model on recordings of this kind (undertone eval), calibrate it on them (undertone calibrate), or use another model.`,
  }];
}

/** The manifest's calibration under its version. */
function modelCalibration({ calibration }: ModelManifest): AppliedCalibration | null {
  return calibration === undefined ? null : { ...calibration, version: calibrationVersion(calibration), scope: 'model' };
}

function modelOf(manifest: ModelManifest): AnalysisOutcome['model'] {
  return { id: manifest.id, version: manifest.version, digest: resultDigest(manifest), labels: visibleLabels(manifest) };
}

function checkLength(request: PipelineRequest, pcm: PcmSource, manifest: ModelManifest, maxRawSeconds: number): void {
  if (pcm.sampleCount < manifest.minSamples) {
    throw new UndertoneError('AUDIO_TOO_SHORT', `The recording has ${pcm.sampleCount} samples at ${SAMPLE_RATE_HZ} Hz; the model ${manifest.id} needs at least ${manifest.minSamples} (${(manifest.minSamples / SAMPLE_RATE_HZ).toFixed(3)} s).`, { sampleCount: pcm.sampleCount, minSamples: manifest.minSamples });
  }
  const seconds = samplesToSeconds(pcm.sampleCount);
  if (request.options.raw && seconds > maxRawSeconds) {
    throw new UndertoneError('AUDIO_TOO_LONG', `A raw analysis runs the whole recording through the model in one piece; ${seconds.toFixed(1)} s is more than the ${maxRawSeconds} s allowed (UNDERTONE_MAX_RAW_SECONDS). Analyse without raw: it works in windows.`, { seconds, maxSeconds: maxRawSeconds });
  }
}

function joinFeatures(judged: readonly JudgedWindow[]): Float32Array {
  const pieces = judged.flatMap(({ inference }) => (inference?.frameFeatures === undefined ? [] : [inference.frameFeatures]));
  const joined = new Float32Array(pieces.reduce((total, piece) => total + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    joined.set(piece, offset);
    offset += piece.length;
  }
  return joined;
}
