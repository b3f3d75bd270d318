import { softmax } from '../domain/scores.js';
import { analysisSvg, subtitleOf, waveformExtremes } from '../domain/svg-analysis.js';
import type { PlotBin } from '../domain/svg-analysis.js';
import type { PcmSource } from '../domain/pcm.js';
import type { FileAnalysis, FrameTrack } from './cli-runtime.js';

const BUCKETS = 860;
const BUCKETS_PER_READ = 20;

/** The picture of one analysis as an SVG document. */
export async function plotAnalysis(title: string, analysis: FileAnalysis): Promise<string> {
  const { outcome } = analysis;
  return analysisSvg({
    title,
    subtitle: subtitleOf(outcome),
    durationSeconds: outcome.durationSeconds,
    waveform: await readExtremes(analysis.pcm),
    speechRegions: outcome.speechRegions,
    speakers: outcome.speakers.map(({ key, role }) => ({ speaker: key, name: role ?? key })),
    stretches: outcome.conversation?.stretches ?? [],
    overlaps: outcome.conversation?.overlaps ?? [],
    labels: outcome.model.labels,
    segments: segmentsWithBins(analysis),
    warnings: outcome.warnings,
  });
}

/** About as many bins as can be told apart in the picture, but none under half a second: a single frame says little. */
const MOST_BINS = 160;
const SMALLEST_BIN_SECONDS = 0.5;

function segmentsWithBins(analysis: FileAnalysis) {
  const { outcome, frames } = analysis;
  const binSeconds = Math.max(SMALLEST_BIN_SECONDS, outcome.durationSeconds / MOST_BINS);
  const nameOf = new Map(outcome.speakers.map(({ key, role }) => [key, role ?? key]));
  let row = 0;
  return outcome.segments.map((segment) => {
    const { startSeconds, endSeconds, prediction } = segment;
    const speaker = segment.speaker === null ? null : (nameOf.get(segment.speaker) ?? segment.speaker);
    const firstRow = row;
    if (prediction !== null) row += segment.frameCount;
    const bins = prediction === null ? [] : frames === null || row > frames.rowCount ? [{ startSeconds, endSeconds, scores: prediction.scores }] : binsOf(segment, frames, firstRow, outcome.model.labels, binSeconds);
    return { startSeconds, endSeconds, speaker, gate: segment.gate, label: prediction?.label ?? null, bins };
  });
}

/** Softmax of the mean logits of each bin's frames, as the API's timeline has it. */
function binsOf(segment: { readonly startSeconds: number; readonly endSeconds: number; readonly frameCount: number }, frames: FrameTrack, firstRow: number, labels: readonly string[], binSeconds: number): readonly PlotBin[] {
  const count = Math.max(1, Math.min(segment.frameCount, Math.round((segment.endSeconds - segment.startSeconds) / binSeconds)));
  const at = (i: number): number => segment.startSeconds + (i / count) * (segment.endSeconds - segment.startSeconds);
  return Array.from({ length: count }, (_, i) => {
    const from = firstRow + Math.floor((i * segment.frameCount) / count);
    const to = firstRow + Math.floor(((i + 1) * segment.frameCount) / count);
    const means = labels.map((_label, column) => {
      let sum = 0;
      for (let row = from; row < to; row++) sum += frames.logits[row * labels.length + column]!;
      return sum / (to - from);
    });
    const scores = softmax(means);
    return { startSeconds: at(i), endSeconds: at(i + 1), scores: Object.fromEntries(labels.map((label, column) => [label, scores[column]!])) };
  });
}

async function readExtremes(pcm: PcmSource): Promise<{ minimum: number[]; maximum: number[] }> {
  const minimum: number[] = [];
  const maximum: number[] = [];
  const samplesPerRead = Math.max(1, Math.ceil(pcm.sampleCount / BUCKETS)) * BUCKETS_PER_READ;
  for (let from = 0; from < pcm.sampleCount; from += samplesPerRead) {
    const samples = await pcm.read(from, from + samplesPerRead);
    // The last piece has fewer buckets, so that all buckets are equally long.
    const part = waveformExtremes(samples, Math.ceil((samples.length / samplesPerRead) * BUCKETS_PER_READ));
    minimum.push(...part.minimum);
    maximum.push(...part.maximum);
  }
  return { minimum, maximum };
}
