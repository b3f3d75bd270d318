import { digestOfSections } from '../domain/archive.js';
import { UndertoneError } from '../domain/errors.js';
import { isRemovedBlob } from '../domain/removed-blob.js';
import type { DataKind } from '../domain/retention.js';
import type { Database, Transaction } from './database.js';
import { isForeignKeyViolation, isUniqueViolation } from './database-errors.js';
import { below, belongs, keyOf, quoted, readTree, ROOT, type TreeTable } from './recording-tree.js';
import type { RecordingTreeRepository } from './retention-repositories.js';

/** Rows in memory at a time while a recording is read: some 2 MB with long vectors. */
const PAGE = 200;

/** Whole rows of a table, or one column of rows that stay. */
interface Section {
  /** `Analysis`, or `Segment.text`. */
  readonly name: string;
  readonly from: string;
  readonly where: string;
  /** Text that orders the rows. */
  readonly key: string;
  readonly row: string;
}

export function createRecordingTreeRepository({ client }: Database): RecordingTreeRepository {
  let known: readonly TreeTable[] | null = null;
  const treeOf = async (): Promise<readonly TreeTable[]> => (known ??= await readTree(client));

  return {
    async *rows(workspaceId, recordingId, kinds) {
      const sections = sectionsOf(await treeOf(), kinds);
      const filled = await ofEach<{ at: number }>(client, sections, ({ from, where }, at) => `SELECT ${at} AS at WHERE EXISTS (SELECT 1 FROM ${from} t WHERE (${where}) AND $2 <> '')`, [recordingId, workspaceId]);
      for (const { at } of filled) {
        const section = sections[at]!;
        for (let after = ''; ; ) {
          const page = await client.$queryRawUnsafe<{ id: string; row: string }[]>(
            `SELECT ${section.key} AS id, replace((${section.row})::text, chr(10), ' ') AS row FROM ${section.from} t WHERE (${section.where}) AND ${section.key} COLLATE "C" > $3 ORDER BY ${section.key} COLLATE "C" LIMIT ${PAGE}`, recordingId, workspaceId, after);
          for (const { row } of page) yield { section: section.name, row };
          if (page.length < PAGE) break;
          after = page.at(-1)!.id;
        }
      }
    },
    async digest(tx, workspaceId, recordingId, kinds) {
      const sections = sectionsOf(await treeOf(), kinds);
      const found = await ofEach<{ at: number; digest: string | null }>(tx, sections, ({ from, where, key, row }, at) =>
        `SELECT ${at} AS at, encode(sha256(convert_to(string_agg(replace((${row})::text, chr(10), ' '), chr(10) ORDER BY ${key} COLLATE "C"), 'UTF8')), 'hex') AS digest FROM ${from} t WHERE (${where}) AND $2 <> ''`, [recordingId, workspaceId]);
      return digestOfSections(found.flatMap(({ at, digest }) => (digest === null ? [] : [[sections[at]!.name, digest] as const])));
    },
    async blobs(workspaceId, recordingId, kinds) {
      const recording = await client.recording.findFirst({ where: { id: recordingId, workspaceId }, select: { blobKey: true, analyses: { where: { trackKey: { not: null } }, select: { id: true, trackKey: true }, orderBy: { id: 'asc' } } } });
      if (recording === null) return [];
      const audio = kinds.includes('RECORDING') || kinds.includes('ORIGINAL_AUDIO') ? [{ name: 'audio', blobKey: recording.blobKey }] : [];
      const tracks = kinds.some((kind) => kind === 'RECORDING' || kind === 'RESULTS' || kind === 'FRAME_TRACKS') ? recording.analyses.map(({ id, trackKey }) => ({ name: `tracks/${id}`, blobKey: trackKey! })) : [];
      return [...audio, ...tracks].filter(({ blobKey }) => !isRemovedBlob(blobKey));
    },
    models: async (workspaceId, recordingIds) => {
      const rows = await client.analysis.findMany({ where: { workspaceId, recordingId: { in: [...recordingIds] }, modelDigest: { not: null } }, distinct: ['modelId', 'modelVersion', 'modelDigest'], select: { modelId: true, modelVersion: true, modelDigest: true }, orderBy: [{ modelId: 'asc' }, { modelDigest: 'asc' }] });
      return rows.map(({ modelId, modelVersion, modelDigest }) => ({ id: modelId, version: modelVersion ?? '', digest: modelDigest ?? '' }));
    },
    prepare: async () => {
      await treeOf();
    },
    lock: async (tx, workspaceId, recordingId) => (await tx.$queryRaw<unknown[]>`SELECT "id" FROM "Recording" WHERE "id" = ${recordingId} AND "workspaceId" = ${workspaceId} FOR UPDATE`).length === 1,
    hasUnfinished: async (tx, workspaceId, recordingId) => (await tx.analysis.count({ where: { workspaceId, recordingId, status: { in: ['QUEUED', 'RUNNING'] } } })) > 0,
    remove: (tx, workspaceId, recordingId, kinds) => remove(tx, workspaceId, recordingId, kinds),
    insert: async (tx, section, rows) => {
      if (rows.length === 0) return 0;
      const [table = '', column] = section.split('.');
      const tree = await treeOf();
      const found = tree.find((one) => one.name === table);
      const columns = found?.columns ?? [];
      const given = new Set(Object.keys(JSON.parse(rows[0]!) as object));
      const present = columns.filter((name) => given.has(name)).map(quoted).join(', ');
      if (present === '' || (column !== undefined && !columns.includes(column))) throw new UndertoneError('ARCHIVE_INVALID', `The archive has rows of ${section}, which this version of Undertone does not know. Restore it with the version that wrote it.`);
      const source = `json_populate_recordset(NULL::${quoted(table)}, $1::json) AS given`;
      try {
        const json = `[${rows.join(',')}]`;
        // What stayed as a row and lost a part of itself gets that part back, from whole rows as from single columns.
        const refill = (part: string): Promise<number> => tx.$executeRawUnsafe(
          `UPDATE ${quoted(table)} SET ${quoted(part)} = given.${quoted(part)} FROM ${source} WHERE ${quoted(table)}."id" = given."id" AND (${quoted(table)}.${quoted(part)} IS NULL OR ${quoted(table)}.${quoted(part)}::text = 'removed/' || given."id")
             AND given.${quoted(part)} IS NOT NULL AND given.${quoted(part)}::text <> 'removed/' || given."id"`, json);
        if (column !== undefined) {
          const [gone] = await tx.$queryRawUnsafe<{ id: string }[]>(`SELECT given."id" FROM ${source} WHERE NOT EXISTS (SELECT 1 FROM ${quoted(table)} t WHERE t."id" = given."id") LIMIT 1`, json);
          if (gone !== undefined) throw partsOnly(section);
          return await refill(column);
        }
        let count = await tx.$executeRawUnsafe(`INSERT INTO ${quoted(table)} (${present}) SELECT ${present} FROM ${source} ON CONFLICT (${found!.key.map(quoted).join(', ')}) DO NOTHING`, json);
        for (const part of PARTS_OF_ROWS[table] ?? []) count += await refill(part);
        return count;
      } catch (error) {
        if (isUniqueViolation(error)) throw new UndertoneError('CONFLICT', 'Something else has taken the place of these rows since they were archived (the same bytes were uploaded again, or an idempotency key was reused). Delete that first, or keep it.', {}, { cause: error });
        if (isForeignKeyViolation(error)) throw partsOnly(section, error);
        throw error;
      }
    },
    isReferenced: async (workspaceId, blobKey) => (await client.recording.count({ where: { workspaceId, blobKey } })) + (await client.analysis.count({ where: { workspaceId, trackKey: blobKey } })) > 0,
  };
}

/** One row, or none, of each section, in their order and in one statement: a transaction that asked for them one by one would keep others waiting for each answer. */
async function ofEach<Row extends { readonly at: number }>(client: Pick<Transaction, '$queryRawUnsafe'>, sections: readonly Section[], select: (section: Section, at: number) => string, values: readonly string[]): Promise<readonly Row[]> {
  if (sections.length === 0) return [];
  const rows = await client.$queryRawUnsafe<Row[]>(sections.map(select).join(' UNION ALL '), ...values);
  return rows.sort((a, b) => a.at - b.at);
}

function partsOnly(section: string, cause?: unknown): UndertoneError {
  return new UndertoneError('CONFLICT', `The archive has ${section} of this recording, and what that belongs to is neither live nor in it.`, { isPartial: true }, { cause });
}

/** Columns that are taken away while their row stays. */
const PARTS_OF_ROWS: Readonly<Record<string, readonly string[]>> = { Recording: ['blobKey', 'peaks'], Analysis: ['trackKey'], Segment: ['text'] };

const OF_ANALYSES = 't."recordingId" = $1 AND t."workspaceId" = $2';
const OF_PARTS = 't."analysisId" IN (SELECT a."id" FROM "Analysis" a WHERE a."recordingId" = $1 AND a."workspaceId" = $2)';
const one = (table: string, column: string, where: string): Section => ({ name: `${table}.${column}`, from: quoted(table), where, key: 't."id"', row: `json_build_object('id', t."id", '${column}', t.${quoted(column)})` });

/** What is archived of each kind. Parts of a whole that is archived as well are not there twice. */
function sectionsOf(tree: readonly TreeTable[], kinds: readonly DataKind[]): readonly Section[] {
  const whole = (tables: readonly TreeTable[]): Section[] => tables.map((table) => ({ name: table.name, from: quoted(table.name), where: belongs(tree, table), key: keyOf(table), row: 'row_to_json(t)' }));
  if (kinds.includes('RECORDING')) return whole(below(tree, ROOT));
  const sections: Section[] = [];
  if (kinds.includes('ORIGINAL_AUDIO')) sections.push(one('Recording', 'blobKey', 't."id" = $1 AND t."workspaceId" = $2'));
  if (kinds.includes('PROCESSED_AUDIO')) sections.push(one('Recording', 'peaks', 't."id" = $1 AND t."workspaceId" = $2 AND t."peaks" IS NOT NULL'));
  if (kinds.includes('RESULTS')) return [...sections, ...whole(below(tree, 'Analysis'))];
  if (kinds.includes('FRAME_TRACKS')) sections.push(one('Analysis', 'trackKey', `${OF_ANALYSES} AND t."trackKey" IS NOT NULL AND t."trackKey" NOT LIKE 'removed/%'`));
  if (kinds.includes('TRANSCRIPTS')) sections.push(one('Segment', 'text', `${OF_PARTS} AND t."text" IS NOT NULL`), ...whole(tree.filter((table) => table.name === 'Transcript')));
  if (kinds.includes('EMBEDDINGS')) sections.push(...whole(tree.filter((table) => table.name === 'Embedding')));
  return sections;
}

async function remove(tx: Transaction, workspaceId: string, recordingId: string, kinds: readonly DataKind[]): Promise<readonly string[]> {
  const keys: string[] = [];
  const tracks = async (): Promise<void> => {
    const rows = await tx.analysis.findMany({ where: { workspaceId, recordingId, trackKey: { not: null } }, select: { trackKey: true } });
    keys.push(...rows.map(({ trackKey }) => trackKey!));
  };
  const audio = async (): Promise<void> => {
    const row = await tx.recording.findFirst({ where: { id: recordingId, workspaceId }, select: { blobKey: true } });
    if (row !== null) keys.push(row.blobKey);
  };
  const has = (kind: DataKind): boolean => kinds.includes(kind);
  if (has('RECORDING')) {
    // One statement: others wait for this transaction.
    const rows = await tx.$queryRaw<{ key: string }[]>`
      WITH gone AS (DELETE FROM "Recording" WHERE "id" = ${recordingId} AND "workspaceId" = ${workspaceId} RETURNING "blobKey")
      SELECT "blobKey" AS key FROM gone
      UNION ALL SELECT "trackKey" FROM "Analysis" WHERE "recordingId" = ${recordingId} AND "workspaceId" = ${workspaceId} AND "trackKey" IS NOT NULL`;
    return rows.map(({ key }) => key).filter((key) => !isRemovedBlob(key));
  }
  if (has('ORIGINAL_AUDIO')) {
    await audio();
    await tx.$executeRaw`UPDATE "Recording" SET "blobKey" = 'removed/' || "id" WHERE "id" = ${recordingId} AND "workspaceId" = ${workspaceId}`;
  }
  if (has('PROCESSED_AUDIO')) await tx.recording.updateMany({ where: { id: recordingId, workspaceId }, data: { peaks: null } });
  if (has('RESULTS')) {
    await tracks();
    await tx.analysis.deleteMany({ where: { workspaceId, recordingId } });
    return keys.filter((key) => !isRemovedBlob(key));
  }
  if (has('FRAME_TRACKS')) {
    await tracks();
    await tx.$executeRaw`UPDATE "Analysis" SET "trackKey" = 'removed/' || "id" WHERE "recordingId" = ${recordingId} AND "workspaceId" = ${workspaceId} AND "trackKey" IS NOT NULL`;
  }
  if (has('TRANSCRIPTS')) {
    await tx.segment.updateMany({ where: { text: { not: null }, analysis: { workspaceId, recordingId } }, data: { text: null } });
    await tx.transcript.deleteMany({ where: { workspaceId, analysis: { recordingId } } });
  }
  if (has('EMBEDDINGS')) await tx.embedding.deleteMany({ where: { workspaceId, analysis: { recordingId } } });
  return keys.filter((key) => !isRemovedBlob(key));
}
