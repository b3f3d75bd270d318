import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CliRuntime, CliServices } from '../../src/cli/cli-runtime.js';
import { checkNode, checkTelemetry } from '../../src/cli/doctor-checks.js';
import { NO_STATEMENT, type WorkspaceLaw } from '../../src/domain/usage.js';
import type { Finding } from '../../src/cli/doctor-checks.js';
import { runUndertone } from '../../src/cli/main.js';
import { readSettings } from '../../src/config.js';
import { UndertoneError } from '../../src/domain/errors.js';
import { ROLES } from '../../src/domain/principal.js';
import type { ApiKeyRecord } from '../../src/domain/records.js';
import type { KeyService } from '../../src/services/key-contracts.js';
import type { Services, WorkspaceAdministration } from '../../src/services/service-contracts.js';
import { fakeRuntime, runCommand } from './fake-runtime.js';
import { parseMasterKey } from '../../src/domain/envelope.js';
import type { EncryptionService, EncryptionStatus } from '../../src/services/encryption.service.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'undertone-operate-'));
});
afterEach(() => rm(folder, { recursive: true }));

const settings = () => readSettings({ UNDERTONE_DATA_DIR: folder, UNDERTONE_MIN_FREE_BYTES: '0' }, join(folder, 'no.env'));
const locked = () => Promise.reject(new UndertoneError('DATA_DIR_LOCKED', 'In use.'));

async function findings(argv: Parameters<typeof runCommand>[1]): Promise<{ code: number; byName: Map<string, Finding> }> {
  const { code, out } = await runCommand(['doctor', '--json'], argv);
  const { findings: all } = JSON.parse(out) as { findings: Finding[] };
  return { code, byName: new Map(all.map((finding) => [finding.check, finding])) };
}

describe('doctor', () => {
  it('finds this machine in order and a database that a server holds healthy', async () => {
    const { code, byName } = await findings({ runtime: fakeRuntime({ settings, openServices: locked }) });
    expect(code).toBe(0);
    expect([...byName.keys()]).toEqual(['Node', 'npm packages', 'ffmpeg', 'ffmpeg resampler', 'ffmpeg formats', 'settings', 'data folder', 'free disk', 'secret files', 'database', 'encryption', 'model fake', 'accelerator', 'decoder confinement', 'telemetry']);
    expect(byName.get('database')?.found).toContain('running server');
    expect(byName.get('decoder confinement')).toMatchObject({ state: 'ok', mend: expect.stringContaining('bubblewrap') as string });
    expect(byName.get('ffmpeg resampler')?.found).toBe('soxr');
    expect(byName.get('ffmpeg formats')).toMatchObject({ state: 'ok', found: 'wav mp3 mov ogg flac matroska aac aiff' });
  });

  it('says of a server whether it keeps workspaces apart itself, and how to mend it where it does not', async () => {
    const told = async (database: CliServices['database']): Promise<Finding> => {
      const openServices = () => Promise.resolve({ database, encryption: { status: () => Promise.resolve({ path: null, currentKeyId: 'k', keys: [] }) }, close: () => Promise.resolve() } as unknown as CliServices);
      return (await findings({ runtime: fakeRuntime({ settings, openServices }) })).byName.get('database')!;
    };
    expect(await told({ embedded: false, hasWall: true, wallKeepsIndexes: true })).toMatchObject({ state: 'ok', found: expect.stringContaining('row-level security') as string, mend: null });
    expect(await told({ embedded: false, hasWall: true, wallKeepsIndexes: false })).toMatchObject({ state: 'ok', mend: expect.stringContaining('database.sql') as string });
    expect(await told({ embedded: false, hasWall: false, wallKeepsIndexes: false })).toMatchObject({ state: 'warning', mend: expect.stringContaining('ordinary role') as string });
    expect(await told({ embedded: true, hasWall: false, wallKeepsIndexes: false })).toMatchObject({ state: 'ok', found: 'embedded, opens' });
  });

  it('warns where the decoder has the network, and fails where the settings do not allow that', async () => {
    const told = async (checkConfinement: CliRuntime['checkConfinement']): Promise<Finding> => (await findings({ runtime: { ...fakeRuntime({ settings, openServices: locked }), checkConfinement } })).byName.get('decoder confinement')!;
    expect(await told(() => Promise.resolve('limits'))).toMatchObject({ state: 'warning', mend: expect.stringContaining('Install bubblewrap') as string });
    expect(await told(() => Promise.resolve('bubblewrap'))).toMatchObject({ state: 'ok', mend: null });
    expect(await told(() => Promise.reject(new UndertoneError('DECODER_UNCONFINED', 'Not here.')))).toMatchObject({ state: 'failed', found: 'Not here.' });
  });

  it('fails with 1 and says how to mend a broken model, a dead database and telemetry', async () => {
    const { code, byName } = await findings({
      telemetryOff: false,
      runtime: fakeRuntime({ settings, openServices: () => Promise.reject(new UndertoneError('DATABASE_UNAVAILABLE', 'Refused.')), models: { verify: () => Promise.resolve({ ok: false, details: ['SHA-256 differs'] }) } }),
    });
    expect(code).toBe(1);
    expect(byName.get('model fake')).toMatchObject({ state: 'failed', found: 'SHA-256 differs' });
    expect(byName.get('database')?.mend).toContain('undertone migrate');
    expect(byName.get('telemetry')?.state).toBe('failed');
  });

  it('goes on past settings that are not valid, and past a data folder that cannot be made', async () => {
    const invalid = await findings({ runtime: fakeRuntime() });
    expect(invalid.byName.get('settings')).toMatchObject({ state: 'failed', found: 'Unknown setting UNDERTONE_TYPO.' });
    expect(invalid.byName.has('telemetry')).toBe(true);
    await writeFile(join(folder, 'file'), '');
    const blocked = await findings({ runtime: fakeRuntime({ settings: () => ({ ...settings(), dataDir: join(folder, 'file', 'data') }), openServices: locked }) });
    expect(blocked.byName.get('data folder')?.state).toBe('failed');
  });

  it('prints marks and arrows for people', async () => {
    const { out } = await runCommand(['doctor'], { runtime: fakeRuntime({ settings, openServices: locked }), telemetryOff: false });
    expect(out).toMatch(/✓ ffmpeg +\S+/);
    expect(out).toMatch(/✗ telemetry[^]*→ Start Undertone through its own command/);
    expect(out).toMatch(/1 to mend\.\n$/);
  });

  it('asks a bucket that is set, and says what to do when it does not answer', async () => {
    const withBucket = (environment: Record<string, string>) => () => readSettings({ UNDERTONE_DATA_DIR: folder, ...environment }, join(folder, 'none'));
    const bucket = withBucket({ UNDERTONE_STORAGE_URL: 's3://recordings' });
    expect((await findings({ runtime: fakeRuntime({ settings: bucket, openServices: locked }) })).byName.get('storage')).toMatchObject({ state: 'ok', found: 'the bucket answers' });
    const { code, byName } = await findings({ runtime: { ...fakeRuntime({ settings: bucket, openServices: locked }), pingStorage: () => Promise.reject(new UndertoneError('STORAGE_FAILED', 'It refused.')) } });
    expect([code, byName.get('storage')]).toMatchObject([1, { state: 'failed', found: 'It refused.' }]);
  });

  it('knows which Node will do', () => {
    const states = ['v18.20.0', 'v20.18.0', 'v20.20.2', 'v22.11.0', 'v22.12.0', 'v23.1.0', 'v24.0.0'].map((version) => checkNode(version, 'x').state);
    expect(states).toEqual(['failed', 'failed', 'warning', 'failed', 'ok', 'failed', 'ok']);
    expect(checkTelemetry(true).state).toBe('ok');
  });
});

describe('models', () => {
  it('are listed as a table and as JSON', async () => {
    expect((await runCommand(['models', 'list'])).out).toMatch(/^id \(\* default\).*\nfake \* +1\.2\.0 +d{12} +3\.1 MB/);
    expect(JSON.parse((await runCommand(['models', 'list', '--json'])).out)).toMatchObject({ id: 'fake', isDefault: true });
  });

  it('that differ from their manifest end verify with 1', async () => {
    const good = await runCommand(['models', 'verify', 'fake']);
    const bad = await runCommand(['models', 'verify', 'fake'], { runtime: fakeRuntime({ models: { verify: () => Promise.resolve({ ok: false, details: ['SHA-256 differs'] }) } }) });
    expect([good.code, bad.code]).toEqual([0, 1]);
    expect(bad.out).toContain('SHA-256 differs');
  });

  it('need an id, and a checkpoint or a pair of models, to be imported', async () => {
    const { code, err } = await runCommand(['models', 'import', '--id', 'x']);
    expect(code).toBe(2);
    expect(err).toMatch(/--checkpoint .* --segmentation and --embedding/);
    expect((await runCommand(['models', 'import', '--checkpoint', 'x.pt'])).err).toContain("required option '--id <id>' not specified");
  });
});

describe('keys', () => {
  const made: unknown[] = [];
  const record = (id: string, input: { name: string; role: ApiKeyRecord['role']; expiresAt: Date | null }): ApiKeyRecord => ({ id, workspaceId: 'ws', prefix: 'ut_abc', createdAt: new Date(0), lastUsedAt: null, revokedAt: null, scopes: [], allowedNetworks: [], previousSecretUntil: null, name: input.name, role: input.role, expiresAt: input.expiresAt });
  const keys: KeyService = {
    authenticate: () => Promise.resolve(null),
    holderOf: () => Promise.resolve(null),
    create: (_principal, input) => {
      made.push(input);
      return Promise.resolve({ apiKey: record('key_1', input), secret: 'ut_secret' });
    },
    list: () => Promise.resolve([record('key_1', { name: 'call centre', role: 'viewer', expiresAt: null })]),
    rotate: (_principal, id) => Promise.resolve({ apiKey: { ...record(id, { name: 'old', role: 'viewer', expiresAt: null }), previousSecretUntil: new Date('2999-01-01') }, secret: 'ut_next' }),
    revoke: (_principal, id) => Promise.resolve(record(id, { name: 'old', role: 'viewer', expiresAt: null })),
  };
  const status: EncryptionStatus = { path: '/data/encryption.key', currentKeyId: 'aa11', keys: [{ id: 'aa11', isConfigured: true, wrappedCount: 5 }, { id: 'bb22', isConfigured: false, wrappedCount: 2 }] };
  const encryption: EncryptionService = { status: () => Promise.resolve(status), rotate: () => Promise.resolve({ ...status, rewrappedCount: 7 }) };
  const workspaces: WorkspaceAdministration = {
    list: () => Promise.resolve([{ id: 'ws', name: 'Default', maxStoredBytes: null, createdAt: new Date(0), law: NO_STATEMENT }, { id: 'ws_2', name: 'Lab', maxStoredBytes: 5e9, createdAt: new Date(0), law: NO_STATEMENT }]),
    create: (input) => Promise.resolve({ id: 'ws_new', createdAt: new Date(0), law: NO_STATEMENT, ...input }),
    setQuota: (id, maxStoredBytes) => Promise.resolve({ id, name: 'Lab', maxStoredBytes, createdAt: new Date(0), law: NO_STATEMENT }),
    setLaw: (id, law) => Promise.resolve({ id, name: 'Lab', maxStoredBytes: null, createdAt: new Date(0), law: { ...NO_STATEMENT, ...(law as Partial<WorkspaceLaw>) } }),
  };
  const runtime = fakeRuntime({ openServices: () => Promise.resolve({ services: { keys } as unknown as Services, encryption, imports: { importOutputs: () => Promise.reject(new Error('no import was expected')) }, workspaces, database: { embedded: true, hasWall: false, wallKeepsIndexes: false }, operator: { keyId: 'op', keyName: 'operator', workspaceId: 'ws', role: 'admin' }, close: () => Promise.resolve() }) });

  it('are made with the role and expiry asked for; the secret alone is on stdout', async () => {
    const { code, out, err } = await runCommand(['keys', 'create', '--name', 'robot', '--role', 'analyst', '--expires', '2999-01-01'], { runtime });
    expect([code, out]).toEqual([0, 'ut_secret\n']);
    expect(err).toContain('expires 2999-01-01');
    expect(made).toEqual([{ name: 'robot', role: 'analyst', expiresAt: new Date('2999-01-01'), scopes: null, allowedNetworks: null }]);
  });

  it('are made with fewer scopes and for some networks, and given another secret', async () => {
    expect((await runCommand(['keys', 'create', '--name', 'uploader', '--scope', 'recordings:write', 'recordings:read', '--network', '10.0.0.0/8'], { runtime })).code).toBe(0);
    expect(made.at(-1)).toMatchObject({ scopes: ['recordings:write', 'recordings:read'], allowedNetworks: ['10.0.0.0/8'] });
    const unknown = await runCommand(['keys', 'create', '--name', 'x', '--scope', 'everything'], { runtime });
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('recordings:read')]);
    const rotated = await runCommand(['keys', 'rotate', 'key_1', '--overlap', '60'], { runtime });
    expect([rotated.code, rotated.out]).toEqual([0, 'ut_next\n']);
    expect(rotated.err).toContain('works until 2999-01-01');
  });

  it('of the storage are shown with what they wrap, rotated, and made anew without being kept anywhere', async () => {
    const shown = await runCommand(['keys', 'encryption'], { runtime });
    expect(shown.out).toMatch(/aa11 +current +5\nbb22 +MISSING +2/);
    expect((await runCommand(['keys', 'rotate-encryption'], { runtime })).err).toContain('7 keys are wrapped anew');
    const { out } = await runCommand(['keys', 'new-encryption-key'], { runtime });
    expect(parseMasterKey(out.trim())).not.toBeNull();
  });

  it('are made in another workspace when it is named, and refused for one that is not there', async () => {
    expect((await runCommand(['keys', 'create', '--name', 'robot', '--workspace', 'ws_2'], { runtime })).code).toBe(0);
    const unknown = await runCommand(['keys', 'create', '--name', 'robot', '--workspace', 'ws_9'], { runtime });
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain('There are: ws, ws_2');
  });

  it('belong to workspaces that are listed, made and given a quota', async () => {
    expect((await runCommand(['workspaces', 'list'], { runtime })).out).toMatch(/ws_2 +Lab +5\.0 GB +1970-01-01/);
    const created = await runCommand(['workspaces', 'create', '--name', 'Research', '--quota', '1.5GB'], { runtime });
    expect([created.code, created.out]).toEqual([0, 'ws_new\n']);
    expect(created.err).toContain('quota 1.5 GB');
    expect((await runCommand(['workspaces', 'set', 'ws_2', '--quota', 'none'], { runtime })).out).toContain('as much as the disk takes');
    const stated = await runCommand(['workspaces', 'set', 'ws_2', '--purpose', 'workplace-monitoring', '--jurisdiction', 'EU'], { runtime });
    expect(stated.out).toMatch(/Analyses are prohibited \(.*Article 5\(1\)\(f\)\)/);
    expect((await runCommand(['workspaces', 'set', 'ws_2', '--purpose', 'curiosity'], { runtime })).err).toContain('quality-assurance');
    expect((await runCommand(['workspaces', 'set', 'ws_2'], { runtime })).err).toContain('Say what to change');
    const wrong = await runCommand(['workspaces', 'set', 'ws_2', '--quota', 'lots'], { runtime });
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('write a size such as 500GB')]);
  });

  it('are refused with an unknown role or a past expiry', async () => {
    const role = await runCommand(['keys', 'create', '--name', 'x', '--role', 'root'], { runtime });
    const past = await runCommand(['keys', 'create', '--name', 'x', '--expires', '2001-01-01'], { runtime });
    expect([role.code, past.code]).toEqual([2, 2]);
    expect(role.err).toContain(ROLES.join(', '));
    expect(past.err).toContain('is in the past');
  });

  it('are listed without secrets and revoked by id', async () => {
    expect((await runCommand(['keys', 'list'], { runtime })).out).toMatch(/key_1 +call centre +viewer +ut_abc…/);
    expect((await runCommand(['keys', 'revoke', 'key_1'], { runtime })).out).toContain('Revoked key_1');
  });
});

describe('serve', () => {
  it('prints the address and a new key, and stops in order when told to', async () => {
    const controller = new AbortController();
    let closedCount = 0;
    const runtime = fakeRuntime({ serve: ({ withWorker }) => Promise.resolve({ url: 'http://127.0.0.1:4000', newAdminKey: withWorker ? 'ut_first' : null, close: () => {
      closedCount += 1;
      return Promise.resolve();
    } }) });
    const out = new PassThrough().setEncoding('utf8');
    let said = '';
    out.on('data', (part: string) => {
      said += part;
      if (said.includes('ut_first')) controller.abort();
    });
    const code = await runUndertone(['serve'], runtime, { out, err: new PassThrough(), signal: controller.signal }, { telemetryOff: true });
    expect([code, closedCount]).toEqual([0, 1]);
    expect(said).toBe('Undertone 9.9.9 listens on http://127.0.0.1:4000\nFirst admin key, shown only now: ut_first\n');
  });

  it('takes no jobs with --no-worker', async () => {
    const asked: boolean[] = [];
    const runtime = fakeRuntime({ serve: ({ withWorker }) => Promise.reject(new Error(String(asked.push(withWorker)))) });
    await runCommand(['serve', '--no-worker'], { runtime });
    await runCommand(['serve'], { runtime });
    expect(asked).toEqual([false, true]);
  });
});

describe('migrate', () => {
  it('names what was applied', async () => {
    expect((await runCommand(['migrate'])).out).toBe('applied 0002_more\n1 applied, 1 were already there\n');
  });
});

describe('similar', () => {
  it('orders segments of a folder by likeness, reports what failed and ends with 1 then', async () => {
    await mkdir(join(folder, 'calls', 'deep'), { recursive: true });
    const write = (name: string, content: object) => writeFile(join(folder, name), JSON.stringify(content));
    await write('target.wav', { label: 'sad' });
    await write('calls/a.wav', { label: 'angry' });
    await write('calls/deep/b.wav', { label: 'sad' });
    await write('calls/notes.txt', {});
    const clean = await runCommand(['similar', join(folder, 'target.wav'), '--in', join(folder, 'calls'), '--json']);
    const matches = clean.out.trim().split('\n').map((line) => JSON.parse(line) as { file: string; similarity: number });
    expect(clean.code).toBe(0);
    expect(matches.map(({ file }) => file)).toEqual([join(folder, 'calls/deep/b.wav'), join(folder, 'calls/a.wav')]);
    expect(matches[0]!.similarity).toBeCloseTo(1, 6);
    await write('calls/c.wav', { fail: 'NOT_AUDIO' });
    const failed = await runCommand(['similar', join(folder, 'target.wav'), '--in', join(folder, 'calls'), '--first', '1']);
    expect(failed.code).toBe(1);
    expect(failed.err).toContain('c.wav: This is not audio. (NOT_AUDIO)');
    expect(failed.out.trim().split('\n')).toHaveLength(2);
  });

  it('refuses a folder without audio and a target that was not judged', async () => {
    await mkdir(join(folder, 'empty'));
    await writeFile(join(folder, 'song.wav'), JSON.stringify({ gate: 'music' }));
    expect(await runCommand(['similar', 'x.wav', '--in', join(folder, 'empty')])).toMatchObject({ code: 2 });
    expect((await runCommand(['similar', join(folder, 'song.wav'), '--in', folder])).err).toContain('No speech was judged');
  });
});
