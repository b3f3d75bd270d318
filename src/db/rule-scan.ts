import pg from 'pg';
import type { AudioQuality, AnalysisWarning, GateKind, GateResult, PredictionResult } from '../domain/analysis.js';
import type { Moment, RuleSubject } from '../domain/rule-subject.js';
import { visibleWorkspace } from '../domain/workspace-scope.js';
import type { Database } from './database.js';
import { translateDatabaseError } from './database-errors.js';
import type { RuleScan, RuleScanOptions } from './repositories.js';
import { bindToWorkspace } from './workspace-pool.js';

/** Segments held at once; analyses a batch follow from how long they turn out to be. */
const SEGMENTS_AT_ONCE = 5_000;
const FIRST_BATCH = 20;
const MAX_BATCH = 2_000;

type AnalysisRow = [id: string, recordingId: string, modelId: string, modelLabels: string[], gate: GateResult | null, warnings: AnalysisWarning[] | null, summary: PredictionResult | null, durationSeconds: number | null, quality: AudioQuality | null, recordedAt: Date | null, language: string | null, tags: string[]];
type SpeakerRow = [id: string, key: string, role: string | null, channel: number | null];
type SegmentRow = [analysisId: string, id: string, index: number, startSeconds: number, endSeconds: number, speechSeconds: number, gate: GateKind, speakerId: string | null, label: string | null, confidence: number | null, abstained: boolean, agreement: number | null, text: string | null, ...scores: (number | number[] | null)[]];

/**
 * Reads stored analyses as rules see them, oldest first, a batch at a time. Plain rows on a connection of its own: the
 * objects of a mapper would cost several times what the rows do, and a long scan must not hold a pooled connection.
 * No named statements: the embedded database has one session for all connections, where a name can be given once.
 */
export function createRuleScan(db: Pick<Database, 'connectionString' | 'embedded'>): RuleScan {
  return async function* scan(workspaceId, options) {
    const visible = visibleWorkspace();
    const client = new pg.Client({ connectionString: db.connectionString, application_name: 'undertone-rules', statement_timeout: 60_000, keepAlive: true });
    // A broken connection rejects the query that waits on it; without a listener it would end the process as well.
    client.on('error', () => undefined);
    try {
      await client.connect();
      if (!db.embedded) await bindToWorkspace(client, visible);
      let after = options.after ?? '';
      let size = FIRST_BATCH;
      for (;;) {
        const analyses = await readAnalyses(client, workspaceId, options, after, size);
        if (analyses.length === 0) return;
        const batch = await readBatch(client, analyses, options);
        yield batch;
        if (analyses.length < size) return;
        after = analyses.at(-1)![0];
        const segments = batch.reduce((total, subject) => total + subject.moments.length, 0);
        size = Math.min(MAX_BATCH, Math.max(1, Math.round((SEGMENTS_AT_ONCE * analyses.length) / Math.max(1, segments))));
      }
    } catch (error) {
      throw translateDatabaseError(error);
    } finally {
      await client.end().catch(() => undefined);
    }
  };
}

async function readAnalyses(client: pg.Client, workspaceId: string, options: RuleScanOptions, after: string, size: number): Promise<readonly AnalysisRow[]> {
  const { rows } = await client.query<AnalysisRow>({
    rowMode: 'array',
    text: `SELECT a."id", a."recordingId", a."modelId", a."modelLabels", a."gate", a."warnings", a."summary", r."durationSeconds", r."quality", r."recordedAt", r."language", r."tags"
      FROM "Analysis" a JOIN "Recording" r ON r."id" = a."recordingId"
      WHERE a."workspaceId" = $1 AND a."status" = 'SUCCEEDED' AND a."id" > $2 AND ($3::timestamptz IS NULL OR a."createdAt" >= $3) AND ($4::timestamptz IS NULL OR a."createdAt" < $4) AND ($5::text IS NULL OR a."id" = $5)
      ORDER BY a."id" LIMIT $6`,
    values: [workspaceId, after, options.from ?? null, options.to ?? null, options.analysisId ?? null, size],
  });
  return rows;
}

async function readBatch(client: pg.Client, analyses: readonly AnalysisRow[], { labels, wantText }: RuleScanOptions): Promise<readonly RuleSubject[]> {
  const ids = analyses.map(([id]) => id);
  const speakers = await client.query<SpeakerRow>({ rowMode: 'array', text: 'SELECT "id", "key", "role", "channel" FROM "Speaker" WHERE "analysisId" = ANY($1)', values: [ids] });
  // Only the scores that somebody asks for: an array of nine costs more to read than the rest of the row.
  const scores = labels === null ? 's."scores"' : labels.map((_, i) => `s."scores"[array_position(a."modelLabels", $${i + 2})]`).join(', ');
  const segments = await client.query<SegmentRow>({
    rowMode: 'array',
    text: `SELECT s."analysisId", s."id", s."index", s."startSeconds", s."endSeconds", s."speechSeconds", s."gate", s."speakerId", s."label", s."confidence", s."abstained", s."agreement", ${wantText ? 's."text"' : 'NULL'}${scores === '' ? '' : `, ${scores}`}
      FROM "Segment" s${labels === null || labels.length === 0 ? '' : ' JOIN "Analysis" a ON a."id" = s."analysisId"'} WHERE s."analysisId" = ANY($1) ORDER BY s."analysisId", s."index"`,
    values: [ids, ...(labels ?? [])],
  });
  const speakerOf = new Map(speakers.rows.map((row) => [row[0], row]));
  const momentsOf = new Map<string, Moment[]>(ids.map((id) => [id, []]));
  for (const row of segments.rows) momentsOf.get(row[0])!.push(toMoment(row, speakerOf, labels === null));
  return analyses.map((row) => toSubject(row, momentsOf.get(row[0])!, labels));
}

function toMoment(row: SegmentRow, speakerOf: ReadonlyMap<string, SpeakerRow>, hasAllScores: boolean): Moment {
  const speaker = row[7] === null ? undefined : speakerOf.get(row[7]);
  return {
    segmentId: row[1], index: row[2], startSeconds: row[3], endSeconds: row[4], speechSeconds: row[5], gate: row[6],
    speakerKey: speaker?.[1] ?? null, speakerRole: speaker?.[2] ?? null, channel: speaker?.[3] ?? null,
    label: row[8], confidence: row[9], abstained: row[10], agreement: row[11], text: row[12],
    scores: (hasAllScores ? row[13] : row.slice(13)) as number[],
  };
}

function toSubject(row: AnalysisRow, moments: readonly Moment[], labels: readonly string[] | null): RuleSubject {
  const [analysisId, recordingId, modelId, modelLabels, gate, warnings, summary, durationSeconds, quality, recordedAt, language, tags] = row;
  return {
    analysisId, recordingId, modelId, labels: labels ?? modelLabels, gate, quality, recordedAt, language, tags, moments,
    durationSeconds: durationSeconds ?? moments.at(-1)?.endSeconds ?? 0, warnings: (warnings ?? []).map(({ code }) => code), summary,
  };
}
