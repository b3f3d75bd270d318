import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EMOTIONS } from '../domain/emotion.js';
import { encodeNpy } from '../domain/npy.js';
import { indexOfLargest } from '../domain/scores.js';
import type { FileAnalysis, FrameTrack } from './cli-runtime.js';

/**
 * Writes `outputs_YYYYMMDD_HHMMSS/` as the common Emotion2Vec+ web page does, so that scripts which read its folders go on
 * working: processed_audio.wav, result.json (result_frame.json with frames) and, when
 * anything was judged, embedding.npy. Returns the folder.
 */
export async function writeOutputsFolder(outDir: string, analysis: FileAnalysis, now: Date): Promise<string> {
  const { folder, at } = await makeFolder(outDir, now);
  const { outcome, frames } = analysis;
  await analysis.writeWav(join(folder, 'processed_audio.wav'));
  const result = {
    emotion: outcome.summary?.label ?? 'unknown',
    confidence: outcome.summary?.confidence ?? 0,
    scores: nineScores(outcome.summary?.scores ?? {}),
    granularity: frames === null ? 'utterance' : 'frame',
    timestamp: timestampOf(at),
  };
  if (frames === null) {
    await writeFile(join(folder, 'result.json'), json(result));
    if (outcome.embedding !== null) await writeFile(join(folder, 'embedding.npy'), encodeNpy(outcome.embedding, 1, outcome.embedding.length));
  } else {
    await writeFile(join(folder, 'result_frame.json'), json({ ...result, ...frameResult(frames, outcome.model.labels) }));
    if (frames.rowCount > 0 && frames.features !== null) await writeFile(join(folder, 'embedding.npy'), encodeNpy(frames.features, frames.rowCount, frames.features.length / frames.rowCount));
  }
  return folder;
}

/** All nine by name in the usual order; labels that the model does not know are 0, labels beyond the nine follow. */
function nineScores(scores: Readonly<Record<string, number>>): Record<string, number> {
  const result: Record<string, number> = {};
  for (const emotion of EMOTIONS) result[emotion] = scores[emotion] ?? 0;
  for (const [label, score] of Object.entries(scores)) result[label] = score;
  return result;
}

function frameResult(frames: FrameTrack, labels: readonly string[]): object {
  const frameEmotions: string[] = [];
  for (let row = 0; row < frames.rowCount; row++) {
    const logits = frames.logits.subarray(row * labels.length, (row + 1) * labels.length);
    frameEmotions.push(labels[indexOfLargest(logits)] ?? 'unknown');
  }
  return { frame_count: frames.rowCount, frame_hop_seconds: frames.hopSeconds, frame_emotions: frameEmotions };
}

/**
 * A second recording in the same second takes the next free one: scripts read a date out of the name, and the folders of
 * one run lie in the order of its files. Its time is then ahead by as many seconds.
 */
async function makeFolder(outDir: string, now: Date): Promise<{ readonly folder: string; readonly at: Date }> {
  await mkdir(outDir, { recursive: true });
  for (let ahead = 0; ; ahead += 1) {
    const at = new Date(now.getTime() + 1000 * ahead);
    const folder = join(outDir, `outputs_${timestampOf(at)}`);
    try {
      await mkdir(folder);
      return { folder, at };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Local time, as the folders of the web page have it. */
function timestampOf(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}_${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
