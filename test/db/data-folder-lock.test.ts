import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataFolder } from '../../src/db/data-folder-lock.js';
import { isAlive, processStartTime } from '../../src/db/process-identity.js';

describe('the lock of the data folder', () => {
  let folder: string;
  let path: string | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ut-lock-'));
    path = process.env['PATH'];
  });
  afterEach(() => {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true, force: true });
  });
  const writeHolder = (pid: number, startTime: string | null): void => writeFileSync(join(folder, 'undertone.lock'), JSON.stringify({ pid, startTime, host: 'here' }));
  const refused = (): void => expect(() => lockDataFolder(folder)).toThrow(expect.objectContaining({ code: 'DATA_DIR_LOCKED' }) as Error);

  // Without the flock command the content of the file decides; both ways must agree on these.
  describe.each([['with the flock command', false], ['without it', true]])('%s', (_name, hideCommand) => {
    beforeEach(() => {
      if (hideCommand) process.env['PATH'] = folder;
    });

    it('is taken, refused to a second taker by pid, and taken again after its release', () => {
      const lock = lockDataFolder(folder);
      expect(() => lockDataFolder(folder)).toThrow(`process ${process.pid}`);
      lock.release();
      lock.release();
      lockDataFolder(folder).release();
      expect(statSync(join(folder, 'undertone.lock')).mode & 0o777).toBe(0o600);
    });

    it('is free where the holder died, also when its pid belongs to somebody else by now', () => {
      writeHolder(2 ** 22 + 1, 'boot:1');
      lockDataFolder(folder).release();
      writeHolder(process.ppid, 'an earlier boot:1');
      lockDataFolder(folder).release();
    });

    it('is free where the file is empty or holds nonsense', () => {
      writeFileSync(join(folder, 'undertone.lock'), '{ half');
      const lock = lockDataFolder(folder);
      expect(JSON.parse(readFileSync(join(folder, 'undertone.lock'), 'utf8'))).toMatchObject({ pid: process.pid });
      lock.release();
    });
  });

  it('is refused without the flock command where the holder lives, and where that cannot be told', () => {
    process.env['PATH'] = folder;
    writeHolder(process.ppid, processStartTime(process.ppid));
    refused();
    writeHolder(process.ppid, null);
    refused();
  });

  it('tells processes that live from those that do not', () => {
    expect([isAlive(process.pid), isAlive(2 ** 22 + 1), processStartTime(process.pid) !== null, processStartTime(process.pid)]).toEqual([true, false, true, processStartTime(process.pid)]);
  });
});
