import { analysisSvg, waveformExtremes } from '../domain/svg-analysis.js';
import { minuteSeconds } from '../domain/svg-plot.js';
import type { PcmSource } from '../domain/pcm.js';
import type { FileAnalysis } from './cli-runtime.js';

const BUCKETS = 860;
const BUCKETS_PER_READ = 20;

/** The picture of one analysis as an SVG document. */
export async function plotAnalysis(title: string, analysis: FileAnalysis): Promise<string> {
  const { outcome } = analysis;
  const { summary } = outcome;
  return analysisSvg({
    title,
    subtitle: `${minuteSeconds(outcome.durationSeconds, true)} · ${summary === null ? `not judged: ${outcome.gate.reason}` : `${summary.label} ${(summary.confidence * 100).toFixed(0)} %${summary.abstained ? ' (unsure)' : ''}`} · model ${outcome.model.id} ${outcome.model.version}`,
    durationSeconds: outcome.durationSeconds,
    waveform: await readExtremes(analysis.pcm),
    speechRegions: outcome.speechRegions,
    labels: outcome.model.labels,
    segments: outcome.segments.map((segment) => ({ startSeconds: segment.startSeconds, endSeconds: segment.endSeconds, speaker: segment.speaker, label: segment.prediction?.label ?? null, scores: segment.prediction?.scores ?? {} })),
    warnings: outcome.warnings,
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
