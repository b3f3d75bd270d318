import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outsideOf } from '../support/outside-address.js';
import { until } from '../support/until.js';
import { startServer, TEST_ADMIN_KEY } from '../support/server-process.js';

const MARK = 'Mrs-Marked-Caller';
let folder: string;
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'undertone-privacy-')); });
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a server that is watched while it takes, analyses and hands out a recording', () => {
  let trace = '';
  let log = '';
  let home: string[] = [];
  beforeAll(async () => {
    const tracePath = join(folder, 'trace');
    const homeFolder = await mkdtemp(join(folder, 'home-'));
    const dataDir = join(folder, 'data');
    // The watcher becomes the server's child, so that signals reach the server itself; it follows every process that is started.
    const watcher = ['strace', '--seccomp-bpf', '-D', '-f', '-qq', '-s', '256', '-e', 'trace=connect,sendto,sendmsg,sendmmsg,openat,creat', '-o', tracePath];
    const server = await startServer(dataDir, { HOME: homeFolder, UNDERTONE_LOG_LEVEL: 'debug' }, [], undefined, watcher);
    const id = await server.upload(await readFile('samples/conversation.flac'), `${MARK}.flac`);
    const analyze = async (recordingId: string): Promise<string> => {
      const { analyzeRecording: { id: analysisId } } = await server.query<{ analyzeRecording: { id: string } }>('mutation ($id: ID!) { analyzeRecording(input: { recordingId: $id }) { ... on Analysis { id } } }', { id: recordingId });
      const status = async (): Promise<string> => (await server.query<{ analysis: { status: string } }>('query ($id: ID!) { analysis(id: $id) { status } }', { id: analysisId })).analysis.status;
      await until('the analysis ends', async () => /SUCCEEDED|FAILED/.test(await status()), 200_000);
      return status();
    };
    expect(await analyze(id)).toBe('SUCCEEDED');
    const { recording } = await server.query<{ recording: { audioUrl: string } }>('query ($id: ID!) { recording(id: $id) { audioUrl } }', { id });
    expect((await fetch(server.url + recording.audioUrl)).status).toBe(200);
    // And what goes wrong: text under the name of a recording.
    const broken = await server.upload(Buffer.from(`${MARK} said: my secret is Mirabelle. `.repeat(20)), `${MARK}.mp3`);
    expect(await analyze(broken)).toBe('FAILED');
    await fetch(`${server.url}/recordings/${MARK}/audio`, { headers: { Authorization: `Bearer ${TEST_ADMIN_KEY}` } });
    await server.kill('SIGTERM');
    log = server.logged() + server.said();
    home = await readdir(homeFolder, { recursive: true });
    trace = await readFile(tracePath, 'utf8');
  });

  it('tries to reach no other machine, not even for a name', () => {
    expect(trace.split('\n').length).toBeGreaterThan(500);
    expect([...new Set(trace.split('\n').flatMap((line) => outsideOf(line) ?? []))]).toEqual([]);
  });

  it('would be caught: an address of another machine is told from our own', () => {
    expect(outsideOf('1 connect(20, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("203.0.113.7")}, 16) = 0')).toBe('203.0.113.7');
    expect(outsideOf('1 connect(20, {sa_family=AF_INET6, sin6_port=htons(53), inet_pton(AF_INET6, "2001:db8::1", &sin6_addr)}, 28) = 0')).toBe('name server 2001:db8::1');
    expect(outsideOf('1 connect(20, {sa_family=AF_INET, sin_port=htons(5432), sin_addr=inet_addr("127.0.0.1")}, 16) = 0')).toBeNull();
    // A name server on this machine asks others in our place.
    expect(outsideOf('1 connect(20, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 0')).toBe('name server 127.0.0.53');
  });

  it('writes under its data folder alone, and nothing into the home folder', () => {
    const written = trace.split('\n').filter((line) => /O_WRONLY|O_RDWR|O_CREAT|creat\(/.test(line) && !line.includes('= -1 ')).flatMap((line) => /"(\/[^"]*)"/.exec(line)?.[1] ?? []);
    const inside = written.filter((path) => path.startsWith(join(folder, 'data')));
    expect(inside.length).toBeGreaterThan(0);
    expect([...new Set(written)].filter((path) => !inside.includes(path) && !/^\/(dev|proc|sys)\//.test(path))).toEqual([]);
    expect(home).toEqual([]);
  });

  it('logs neither names of files nor what is in them, at the most talkative level', () => {
    expect(log).toContain('"level"');
    expect(log).not.toMatch(/Marked|Mirabelle|my secret/);
  });
});
