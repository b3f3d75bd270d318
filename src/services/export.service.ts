import { csvHeader, csvRows } from '../domain/analysis-csv.js';
import { analysisReport, type AnalysisReport, type ReportedOutcome } from '../domain/analysis-report.js';
import { UndertoneError } from '../domain/errors.js';
import type { Principal } from '../domain/principal.js';
import type { AnalysisRecord, RecordingRecord, SegmentRecord, SpeakerRecord } from '../domain/records.js';
import { analysisSvg, subtitleOf, type PlotBin } from '../domain/svg-analysis.js';
import type { AnalysisService, EmbeddingService, RecordingService, SpeakerService, TimelineColumns, TimelineService } from './service-contracts.js';

/** A stored analysis as a file, in the forms that `undertone analyze` writes. Null where there is no such analysis; CONFLICT before it has succeeded. */
export interface ExportService {
  /** What `analyze --json` prints; `file` is the name that the recording was uploaded under. */
  report(principal: Principal, analysisId: string): Promise<AnalysisReport | null>;
  /** What `analyze --csv` prints. */
  csv(principal: Principal, analysisId: string): Promise<string | null>;
  /** What `analyze --plot` draws. */
  svg(principal: Principal, analysisId: string): Promise<string | null>;
}

/** Each asks for itself whether the caller may. */
export interface ExportServiceParts {
  readonly recordings: Pick<RecordingService, 'find' | 'waveform'>;
  readonly analyses: Pick<AnalysisService, 'find' | 'segments' | 'speakers'>;
  readonly speakers: Pick<SpeakerService, 'conversations'>;
  readonly timelines: Pick<TimelineService, 'timeline'>;
  readonly embeddings: Pick<EmbeddingService, 'forAnalysis'>;
}

const SEGMENTS_PER_PAGE = 500;
/** About as many bins as can be told apart in the picture, but none under half a second: a single frame says little. */
const MOST_BINS = 160;
const SMALLEST_BIN_SECONDS = 0.5;

interface Stored {
  readonly analysis: AnalysisRecord;
  readonly recording: RecordingRecord;
  readonly voices: readonly SpeakerRecord[];
  readonly outcome: ReportedOutcome;
}

export function createExportService({ recordings, analyses, speakers, timelines, embeddings }: ExportServiceParts): ExportService {
  async function allSegments(principal: Principal, analysisId: string): Promise<readonly SegmentRecord[]> {
    const all: SegmentRecord[] = [];
    for (let after: string | null = null; ; ) {
      const page: Awaited<ReturnType<AnalysisService['segments']>> = await analyses.segments(principal, analysisId, { first: SEGMENTS_PER_PAGE, after }, {});
      all.push(...page.items);
      if (!page.hasNextPage) return all;
      after = page.cursors.at(-1) ?? null;
    }
  }

  async function stored(principal: Principal, id: string): Promise<Stored | null> {
    const analysis = await analyses.find(principal, id);
    if (analysis === null) return null;
    const recording = await recordings.find(principal, analysis.recordingId);
    if (recording === null) return null;
    if (analysis.status !== 'SUCCEEDED' || analysis.gate === null || recording.quality === null) throw new UndertoneError('CONFLICT', `The analysis ${analysis.id} is ${analysis.status}; only one that has succeeded can be exported. Follow analysisProgress, then ask again.`, { status: analysis.status });
    const [segments, voices, [told], embedding] = await Promise.all([allSegments(principal, id), analyses.speakers(principal, [id]), speakers.conversations(principal, [id]), embeddings.forAnalysis(principal, id)]);
    const conversation = told?.conversation ?? null;
    const keyOf = new Map(voices.map((voice) => [voice.id, voice.key]));
    return {
      analysis, recording, voices,
      outcome: {
        durationSeconds: recording.durationSeconds ?? 0, quality: recording.quality, gate: analysis.gate, warnings: analysis.warnings, summary: analysis.summary, conversation,
        model: { id: analysis.modelId, version: analysis.modelVersion ?? '', digest: analysis.modelDigest ?? '' },
        speakers: voices.map((voice) => ({ ...voice, figures: conversation?.speakers.find(({ speaker }) => speaker === voice.key) ?? null })),
        segments: segments.map((segment) => ({ ...segment, speaker: segment.speakerId === null ? null : (keyOf.get(segment.speakerId) ?? null) })),
        embedding: embedding?.values ?? null,
      },
    };
  }

  async function report(principal: Principal, id: string): Promise<{ readonly labels: readonly string[]; readonly report: AnalysisReport } | null> {
    const found = await stored(principal, id);
    return found && { labels: found.analysis.modelLabels, report: analysisReport(found.recording.fileName, { sha256: found.recording.sha256, outcome: found.outcome }) };
  }

  return {
    report: async (principal, id) => (await report(principal, id))?.report ?? null,
    async csv(principal, id) {
      const found = await report(principal, id);
      return found && `${csvHeader(found.labels)}${csvRows(found.report, found.labels)}`;
    },
    async svg(principal, id) {
      const found = await stored(principal, id);
      if (found === null) return null;
      const { analysis, recording, voices, outcome } = found;
      const { durationSeconds } = outcome;
      const binSeconds = Math.max(SMALLEST_BIN_SECONDS, durationSeconds / MOST_BINS);
      const timelineOf = (speakerId: string | null): Promise<TimelineColumns> => timelines.timeline(principal, analysis, { binSeconds, fromSeconds: null, toSeconds: null, speakerId });
      const waveform = await recordings.waveform(principal, recording.id);
      // Of each voice by itself: where two channels talk at once a bin of all would be neither's.
      const ofVoice = new Map<string | null, TimelineColumns>([[null, await timelineOf(null)]]);
      for (const { id: speakerId, key } of voices) ofVoice.set(key, await timelineOf(speakerId));
      const title = recording.title ?? recording.fileName;
      return analysisSvg({
        title, subtitle: subtitleOf(outcome), durationSeconds, labels: analysis.modelLabels, warnings: outcome.warnings,
        waveform: { minimum: waveform?.minimum.map(ofFullScale) ?? [], maximum: waveform?.maximum.map(ofFullScale) ?? [] },
        speechRegions: recording.speechRegions ?? [],
        speakers: outcome.speakers.map(({ key, role }) => ({ speaker: key, name: role ?? key })),
        stretches: outcome.conversation?.stretches ?? [],
        overlaps: outcome.conversation?.overlaps ?? [],
        segments: outcome.segments.map(({ startSeconds, endSeconds, speaker, gate, prediction }) => ({
          startSeconds, endSeconds, gate, speaker: nameOf(speaker, outcome.speakers), label: prediction?.label ?? null,
          bins: prediction === null ? [] : binsWithin(ofVoice.get(speaker)!, { startSeconds, endSeconds }, prediction.scores),
        })),
      });
    },
  };
}

/** Stored peaks are −127 to 127. */
const ofFullScale = (peak: number): number => peak / 127;

function nameOf(key: string | null, speakers: readonly Pick<SpeakerRecord, 'key' | 'role'>[]): string | null {
  return key === null ? null : (speakers.find((speaker) => speaker.key === key)?.role ?? key);
}

/** Those bins of the timeline that begin in a segment; its own scores where none does. */
function binsWithin({ binSeconds, labels, startSeconds, values }: TimelineColumns, segment: { readonly startSeconds: number; readonly endSeconds: number }, scores: Readonly<Record<string, number>>): readonly PlotBin[] {
  const bins = startSeconds.flatMap((start, i) => (start + binSeconds <= segment.startSeconds || start >= segment.endSeconds ? [] : [{
    startSeconds: Math.max(start, segment.startSeconds), endSeconds: Math.min(start + binSeconds, segment.endSeconds),
    scores: Object.fromEntries(labels.map((label, column) => [label, values[column]![i]!])),
  }]));
  return bins.length > 0 ? bins : [{ ...segment, scores }];
}
