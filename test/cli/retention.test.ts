import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CliServices } from '../../src/cli/cli-runtime.js';
import type { Services } from '../../src/services/service-contracts.js';
import { retentionTrial } from '../support/retention-trial.js';
import { addRecording, everythingOf } from '../support/retention-world.js';
import { fakeRuntime, runCommand, type Ran } from './fake-runtime.js';

/** What the commands say with --json, of that what is looked at here. */
interface Answer {
  readonly archiveIds: readonly string[];
  readonly ok: boolean;
  readonly problems: readonly string[];
}

/** The commands on real use cases and a real database. */
describe('undertone retention', () => {
  const trial = retentionTrial();
  let folder: string;
  let openedCount = 0;
  let closedCount = 0;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ut-retention-'));
    openedCount = closedCount = 0;
  });
  afterEach(() => {
    expect(closedCount).toBe(openedCount);
    rmSync(folder, { recursive: true });
  });
  const retention = (...argv: string[]): Promise<Ran> => runCommand(['retention', ...argv], {
    runtime: fakeRuntime({
      openServices: () => {
        openedCount += 1;
        return Promise.resolve({ services: trial.world.retention.services as unknown as Services, operator: trial.me, close: () => Promise.resolve(void (closedCount += 1)) } as unknown as CliServices);
      },
    }),
  });
  const json = async (...argv: string[]): Promise<{ code: number; answer: Answer }> => {
    const { code, out } = await retention(...argv, '--json');
    return { code, answer: JSON.parse(out) as Answer };
  };
  const everything = (id: string) => everythingOf(trial.world, trial.me.workspaceId, id);
  async function archived(options: Parameters<typeof addRecording>[2] = {}): Promise<{ readonly id: string; readonly before: string; readonly archiveId: string }> {
    const id = await addRecording(trial.world, trial.me, { ageDays: 40, ...options });
    const before = (await everything(id))!;
    await trial.setPolicy();
    const { answer } = await json('run');
    return { id, before, archiveId: answer.archiveIds[0]! };
  }
  async function exported(archiveId: string): Promise<string> {
    const file = join(folder, 'archive.tar');
    expect(await retention('export', archiveId, '--out', file)).toMatchObject({ code: 0, out: '' });
    return file;
  }

  it('preview says what is due by policy, and changes nothing', async () => {
    const id = await addRecording(trial.world, trial.me, { ageDays: 40 });
    await trial.setPolicy({ name: 'a \u001b[31mmonth' });
    const { code, out } = await retention('preview');
    expect(code).toBe(0);
    expect(out).toMatch(/policy +kind +action +recordings +bytes +oldest\n.*month +RECORDING +ARCHIVE_AND_DELETE +1 +\d{4,} +\d{4}-\d\d-\d\d\n1 due, 0 kept by a hold, 0 busy\. Nothing was changed\.\n/);
    expect(out).not.toContain('\u001b');
    expect((await json('preview')).answer).toMatchObject({ isDryRun: true, dueRecordingCount: 1, policies: [{ policy: { kind: 'RECORDING' }, recordingCount: 1 }] });
    expect(await everything(id)).not.toBeNull();
  });

  it('preview --when-short says what would go at most on a nearly full disk', async () => {
    await addRecording(trial.world, trial.me, { ageDays: 10 });
    await trial.setPolicy({ action: 'DELETE', keepDaysWhenShort: 7 });
    expect((await json('preview')).answer).toMatchObject({ dueRecordingCount: 0, policies: [] });
    expect((await json('preview', '--when-short')).answer).toMatchObject({ isDryRun: true, dueRecordingCount: 1 });
    expect((await retention('preview', '--when-short')).out).toContain('1 due, 0 kept by a hold, 0 busy. Nothing was changed.');
  });

  it('run does it, with --dry-run it only says so, and a run out of time says that there is more', async () => {
    const ids = [await addRecording(trial.world, trial.me, { ageDays: 40 }), await addRecording(trial.world, trial.me, { ageDays: 41 })];
    await trial.setPolicy();
    expect((await retention('run', '--dry-run')).out).toContain('2 due, 0 kept by a hold, 0 busy. Nothing was changed.');
    expect(await everything(ids[0]!)).not.toBeNull();
    const { code, out } = await retention('run', '--timeout', '600');
    expect([code, out]).toEqual([0, expect.stringMatching(/2 archived, 2 deleted, \d+ bytes freed\./) as string]);
    expect(await Promise.all(ids.map(everything))).toEqual([null, null]);
    expect(await json('run')).toMatchObject({ code: 0, answer: { dueRecordingCount: 0, archiveIds: [] } });
    expect((await retention('run', '--timeout', '0')).code).toBe(2);
  });

  it('verify finds an archive good by its id, and one that was changed bad, with 1', async () => {
    const { archiveId } = await archived();
    expect(await retention('verify', archiveId)).toMatchObject({ code: 0, out: `${archiveId} is good\n` });
    const { blobKey } = await trial.db.client.archive.findUniqueOrThrow({ where: { id: archiveId } });
    const bytes = await trial.world.blobs.raw.readAll(blobKey!);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    await trial.world.blobs.raw.write(blobKey!, bytes);
    const { code, answer } = await json('verify', archiveId);
    expect([code, answer.ok, answer.problems.length > 0]).toEqual([1, false, true]);
    expect(await retention('verify', 'arc_none')).toMatchObject({ code: 1, err: expect.stringContaining('There is no archive arc_none') as string });
  });

  it('verify checks a file with the public key alone, without opening the database, and refuses the key of somebody else', async () => {
    const { archiveId } = await archived();
    const file = await exported(archiveId);
    const { out: pem } = await retention('public-key');
    writeFileSync(join(folder, 'key.pem'), pem);
    const openedBefore = openedCount;
    expect(await json('verify', file, '--public-key', join(folder, 'key.pem'))).toEqual({ code: 0, answer: { ok: true, archiveId, isSigned: true, problems: [] } });
    const unsigned = await retention('verify', file);
    expect([unsigned.code, unsigned.err]).toEqual([0, expect.stringContaining('not who wrote it') as string]);
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', join(folder, 'other.key')]);
    execFileSync('openssl', ['pkey', '-in', join(folder, 'other.key'), '-pubout', '-out', join(folder, 'other.pem')]);
    expect(await json('verify', file, '--public-key', join(folder, 'other.pem'))).toMatchObject({ code: 1, answer: { ok: false, isSigned: false, problems: [expect.stringContaining('signature') as string] } });
    expect((await retention('verify', file, '--public-key', file)).err).toContain('no public key in PEM');
    const cut = join(folder, 'cut.tar');
    writeFileSync(cut, readFileSync(file).subarray(0, 3000));
    expect(await json('verify', cut, '--public-key', join(folder, 'key.pem'))).toMatchObject({ code: 1, answer: { ok: false, archiveId: null } });
    expect(openedCount).toBe(openedBefore);
    // The way without Undertone that docs/archives.md shows.
    execFileSync('tar', ['xf', file, '-C', folder]);
    writeFileSync(join(folder, 'sig'), Buffer.from(readFileSync(join(folder, 'manifest.json.sig'), 'ascii'), 'base64'));
    expect(execFileSync('openssl', ['pkeyutl', '-verify', '-pubin', '-inkey', join(folder, 'key.pem'), '-rawin', '-in', join(folder, 'manifest.json'), '-sigfile', join(folder, 'sig')], { encoding: 'utf8' })).toContain('Verified Successfully');
  });

  it('restore brings back what is missing, the whole or one recording, and ends with 1 where something stays away', async () => {
    const { id, before, archiveId } = await archived({ externalId: 'p-1' });
    expect(await retention('restore', archiveId)).toMatchObject({ code: 0, out: '1 restored, 0 were all there, 0 refused\n' });
    expect(await everything(id)).toBe(before);
    expect(await json('restore', archiveId, '--recording', id)).toMatchObject({ code: 0, answer: { restoredRecordingIds: [], unchangedRecordingIds: [id] } });
    expect(await retention('restore', archiveId, '--recording', 'rec_none')).toMatchObject({ code: 1, err: expect.stringContaining('has no recording rec_none') as string });
    await trial.world.retention.services.erasures.eraseSubject(trial.me, { externalId: 'p-1', reason: 'asked for' });
    const refused = await retention('restore', archiveId);
    expect([refused.code, refused.out]).toEqual([1, expect.stringMatching(new RegExp(`^0 restored, 0 were all there, 1 refused\n${id} +ERASED`)) as string]);
  });

  it('export writes the file once and never over another', async () => {
    const { archiveId } = await archived();
    const file = await exported(archiveId);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const content = readFileSync(file);
    expect((await retention('export', archiveId, '--out', file)).code).toBe(1);
    expect(readFileSync(file).equals(content)).toBe(true);
  });

  it('unpack opens the members into plain files that are what was uploaded and found, and overwrites none', async () => {
    const bytes = Buffer.from('what was said, byte for byte '.repeat(300));
    const { id, archiveId } = await archived({ bytes });
    const out = join(folder, 'opened');
    const { code, out: said } = await retention('unpack', archiveId, '--out', out);
    expect([code, said]).toEqual([0, '1 recordings opened. These files are not encrypted any more.\n']);
    const at = join(out, 'recordings', id);
    expect(readdirSync(at).sort()).toEqual(['audio.wav', 'results.csv', 'rows.jsonl', 'tracks']);
    expect(readFileSync(join(at, 'audio.wav')).equals(bytes)).toBe(true);
    const [head, ...lines] = readFileSync(join(at, 'results.csv'), 'utf8').split('\r\n');
    expect(head).toBe('recording_id,analysis_id,index,start_seconds,end_seconds,speaker_id,gate,label,confidence,text');
    expect(lines.map((line) => line.split(',').slice(0, 3).join(' ').replace(/ana_\w+/, 'ana'))).toEqual([`${id} ana 0`, `${id} ana 1`, '']);
    const rows = readFileSync(join(at, 'rows.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { table?: string; row?: { id: string } });
    expect(rows[0]).toEqual({ recordingId: id, kinds: ['RECORDING'] });
    expect(rows.filter(({ table }) => table === 'Segment')).toHaveLength(2);
    expect(rows.find(({ table }) => table === 'Recording')!.row!.id).toBe(id);
    expect(statSync(join(at, 'audio.wav')).mode & 0o777).toBe(0o600);
    expect((await retention('unpack', archiveId, '--out', out)).code).toBe(1);
    expect(await retention('unpack', archiveId, '--out', join(folder, 'none'), '--recording', 'rec_none')).toMatchObject({ code: 1, err: expect.stringContaining('has no recording rec_none') as string });
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  it('unpack opens nothing of what was erased, and says how much that is', async () => {
    const { id, archiveId } = await archived({ externalId: 'p-2' });
    await trial.world.retention.services.erasures.eraseSubject(trial.me, { externalId: 'p-2', reason: 'asked for' });
    const { code, answer } = await json('unpack', archiveId, '--out', join(folder, 'opened'));
    expect([code, answer]).toEqual([0, { recordingIds: [], erasedRecordingIds: [id], problems: [] }]);
    expect(existsSync(join(folder, 'opened'))).toBe(false);
  });
});
