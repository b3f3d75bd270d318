import { execFile } from 'node:child_process';
import { chmod, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { couldNotConfine, LIMITS_ALONE, possibleConfinements, signalBehind, type Confinement } from '../../src/audio/decoder-confinement.js';
import { FfmpegDecoder } from '../../src/audio/ffmpeg-decoder.js';
import { DEFAULT_SEARCH_PATH, findProgram } from '../../src/audio/ffmpeg-process.js';
import { tone, useWorkspace, wavBytes } from './support/sound-files.js';

const run = promisify(execFile);
const files = useWorkspace();
const programs = { bwrapPath: '/opt/bwrap', unsharePath: '/opt/unshare', setprivPath: '/opt/setpriv' };
const levels = async (...args: Parameters<typeof possibleConfinements>): Promise<string[]> => (await possibleConfinements(...args)).map(({ level }) => level);
const BUBBLEWRAP: Confinement = { level: 'bubblewrap', prefix: ['/usr/bin/bwrap'], isOtherUser: false };

/** A folder with links to these programs and nothing else. */
async function searchPathOf(name: string, ...links: string[]): Promise<string> {
  const folder = files.path(name);
  await run('mkdir', [folder]);
  for (const link of links) await symlink((await findProgram(link, DEFAULT_SEARCH_PATH))!, `${folder}/${link}`);
  return folder;
}

async function sound(): Promise<string> {
  const wav = await files.put('sound.wav', wavBytes(tone(440, 2, 24_000), { rateHz: 24_000 }));
  await files.ffmpeg('-i', wav, 'sound.m4a');
  await chmod(files.path('sound.m4a'), 0o600);
  return files.path('sound.m4a');
}

describe('what the decoder may be shut into', () => {
  it('is tried from the strongest to the weakest, and never below what is required', async () => {
    expect(await levels('auto', programs, '/bin/sh', true)).toEqual(['bubblewrap', 'namespaces', 'user', 'limits']);
    expect(await levels('auto', programs, '/bin/sh', false)).toEqual(['bubblewrap', 'namespaces', 'limits']);
    expect(await levels('required', programs, '/bin/sh', true)).toEqual(['bubblewrap', 'namespaces']);
    expect(await levels('off', programs, '/bin/sh', true)).toEqual(['limits']);
    expect(await levels('auto', { bwrapPath: null, unsharePath: null, setprivPath: null }, '/bin/sh', true)).toEqual(['limits']);
  });

  it('counts as failed by the first words of the log alone, which no file can write', () => {
    expect(couldNotConfine(BUBBLEWRAP, 'bwrap: No permissions to create new namespace\n')).toBe(true);
    expect(couldNotConfine(BUBBLEWRAP, '[error] file:/dev/fd/3: Permission denied\n')).toBe(true);
    expect(couldNotConfine(BUBBLEWRAP, "[info] Input #0, wav\n    title : x\nbwrap: No permissions\nfile:/dev/fd/3: Permission denied\n")).toBe(false);
    expect(couldNotConfine(LIMITS_ALONE, 'unshare: unshare failed: Operation not permitted\n')).toBe(false);
  });

  it('tells the signal that ended what was inside', () => {
    expect([signalBehind(BUBBLEWRAP, 137), signalBehind(BUBBLEWRAP, 1), signalBehind(BUBBLEWRAP, null), signalBehind(LIMITS_ALONE, 137)]).toEqual(['SIGKILL', null, null, null]);
  });
});

describe('a decode', () => {
  it('gives the same bits in every confinement that this machine has', async () => {
    const path = await sound();
    const decode = async (decoder: FfmpegDecoder): Promise<Float32Array> => {
      const { pcm } = await decoder.decode(path, files.options());
      return pcm.read(0, pcm.sampleCount);
    };
    const plain = await decode(new FfmpegDecoder({ confinement: 'off' }));
    const ways: [string, string[]][] = [['all', ['ffmpeg', 'prlimit', 'unshare', 'setpriv']], ['spaces', ['ffmpeg', 'unshare']], ['user', ['ffmpeg', 'setpriv']]];
    if ((await findProgram('bwrap', DEFAULT_SEARCH_PATH)) !== null) ways.push(['bubble', ['ffmpeg', 'prlimit', 'bwrap']]);
    for (const [name, links] of ways) expect(await decode(new FfmpegDecoder({ searchPath: await searchPathOf(name, ...links) })), name).toEqual(plain);
    expect(await files.leftovers()).toEqual([]);
  });

  it('goes on under the next confinement when one does not work here, and refuses where that is not allowed', async () => {
    const folder = await searchPathOf('broken', 'ffmpeg', 'prlimit');
    for (const name of ['bwrap', 'unshare']) await writeFile(`${folder}/${name}`, `#!/bin/sh\necho '${name}: Operation not permitted' >&2\nexit 1\n`, { mode: 0o755 });
    const decoder = new FfmpegDecoder({ searchPath: folder });
    expect((await decoder.decode(await sound(), files.options())).pcm.sampleCount).toBeGreaterThan(30_000);
    expect(await decoder.prepare(files.tempDir)).toBe('limits');
    await expect(new FfmpegDecoder({ searchPath: folder, confinement: 'required' }).decode(await sound(), files.options())).rejects.toMatchObject({ code: 'DECODER_UNCONFINED' });
    await expect(new FfmpegDecoder({ searchPath: folder, confinement: 'required' }).prepare(files.tempDir)).rejects.toMatchObject({ code: 'DECODER_UNCONFINED' });
  });

  it('in namespaces of its own has no network, and under bubblewrap no files either', async () => {
    const secret = await files.put('secret.txt', 'canary');
    const ffmpegPath = (await findProgram('ffmpeg', DEFAULT_SEARCH_PATH))!;
    const [bwrapPath, unsharePath] = await Promise.all(['bwrap', 'unshare'].map((name) => findProgram(name, DEFAULT_SEARCH_PATH)));
    const found = await possibleConfinements('required', { bwrapPath: bwrapPath!, unsharePath: unsharePath!, setprivPath: null }, ffmpegPath);
    let connections = 0;
    const server = createServer((socket) => { connections += 1; socket.destroy(); });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const { port } = server.address() as AddressInfo;
    let tried = 0;
    for (const { level, prefix } of found) {
      const [program, ...args] = [...prefix, ffmpegPath, '-v', 'error', '-f', 'data', '-i'];
      const log = async (input: string): Promise<string> => run(program, [...args, input, '-map', '0', '-f', 'null', '-'], { cwd: '/' }).then(() => 'opened', (error: unknown) => (error as { stderr: string }).stderr);
      const connecting = await log('tcp://192.0.2.1:9/');
      if (/^(bwrap|unshare): /.test(connecting)) continue;
      tried += 1;
      expect(connecting, level).toContain('Network is unreachable');
      // bubblewrap gives it a loopback of its own, where nobody listens.
      expect(await log(`tcp://127.0.0.1:${port}/`), level).toMatch(/Network is unreachable|Connection refused/);
      if (level === 'bubblewrap') expect(await log(secret)).toContain('No such file or directory');
    }
    server.close();
    expect(connections).toBe(0);
    const level = await new FfmpegDecoder().prepare(files.tempDir);
    expect(tried > 0).toBe(level === 'bubblewrap' || level === 'namespaces');
    expect(await readFile(secret, 'utf8')).toBe('canary');
  });
});
