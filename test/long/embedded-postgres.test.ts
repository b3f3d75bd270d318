import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.js';
import { keepUp } from '../../src/db/embedded-upkeep.js';
import { openDatabase } from '../../src/db/open-database.js';
import { startChild } from '../support/child.js';
import { killWhileInserting } from '../support/kill-rounds.js';
import { silentLog, templateDatabaseDir } from '../support/test-database.js';
import { until } from '../support/until.js';

const folders: string[] = [];
async function newDataDir(name = 'data'): Promise<string> {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'ut-embedded-')), name);
  folders.push(dataDir);
  mkdirSync(dataDir, { recursive: true });
  cpSync(await templateDatabaseDir(), join(dataDir, 'postgres'), { recursive: true });
  return dataDir;
}
function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
afterAll(removeFolders);

describe('the embedded database', () => {
  it('has every row that was acknowledged before a SIGKILL, twice over', { timeout: 120_000 }, async () => {
    expect(await killWhileInserting(await newDataDir(), 2, 50)).toBeGreaterThan(90);
  });

  it('refuses a second process and names the one that has it, then opens when that has ended; in a folder whose path is too long for a socket', { timeout: 60_000 }, async () => {
    const dataDir = await newDataDir(join('x'.repeat(100), 'y'.repeat(100)));
    const holder = startChild('hold-database.mjs', dataDir);
    await until('the other process has it', () => holder.lines.includes('open'), 30_000);
    const pid = holder.process.pid!;
    await expect(openDatabase({ dataDir, log: silentLog })).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED', details: { pid }, message: expect.stringContaining(`process ${pid}`) as string });
    const exited = once(holder.process, 'exit');
    holder.process.stdin!.end();
    await exited;
    const db = await openDatabase({ dataDir, log: silentLog });
    await expect(openDatabase({ dataDir, log: silentLog })).rejects.toMatchObject({ code: 'DATA_DIR_LOCKED', details: { pid: process.pid } });
    expect(await db.client.workspace.count()).toBe(0);
    await db.close();
  });

  it('begins anew where the first start was killed before the database was whole, and leaves nothing that others can read', { timeout: 90_000 }, async () => {
    const dataDir = await newDataDir();
    rmSync(join(dataDir, 'postgres', 'global'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres.incomplete'), '');
    const db = await openDatabase({ dataDir, log: silentLog });
    await db.client.workspace.create({ data: { id: 'ws_1', name: 'x' } });
    await db.client.$executeRaw`CHECKPOINT`;
    const readable = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter((name) => !name.includes('.s.PGSQL') && (statSync(join(dataDir, name)).mode & 0o077) !== 0);
    expect([existsSync(join(dataDir, 'postgres.incomplete')), readable]).toEqual([false, []]);
    await db.close();
    expect(readdirSync(join(dataDir, 'run'))).toEqual([]);
  });

  describe('for many clients', () => {
    let db: Database;
    let pool: pg.Pool;
    beforeAll(async () => {
      db = await openDatabase({ dataDir: await newDataDir(), log: silentLog, poolSize: 3 });
      pool = new pg.Pool({ connectionString: db.connectionString, max: 8 });
      pool.on('error', () => undefined);
    });
    afterAll(async () => {
      await pool.end();
      await db.close();
    });

    it('gives each client its own rows when many waited behind a transaction', async () => {
      for (let round = 0; round < 3; round++) {
        const client = await pool.connect();
        await client.query('BEGIN');
        const waiting = Array.from({ length: 7 }, (_, i) => pool.query<{ a: number; b: number }>(`SELECT $1::int AS a, ${i} AS b`, [i]));
        for (let i = 0; i < 20; i++) expect((await client.query('SELECT $1::text AS mine', [String(i)])).rows).toEqual([{ mine: String(i) }]);
        await client.query('COMMIT');
        client.release();
        expect((await Promise.all(waiting)).map(({ rows }) => rows)).toEqual(Array.from({ length: 7 }, (_, i) => [{ a: i, b: i }]));
      }
    });

    it('answers queries, failing queries and transactions at once over few connections', async () => {
      await Promise.all(Array.from({ length: 30 }, async (_, i) => {
        await db.transaction(async (tx) => {
          await tx.workspace.create({ data: { id: `ws_${i}`, name: 'a' } });
          await tx.workspace.update({ where: { id: `ws_${i}` }, data: { name: 'b' } });
        });
        await expect(pool.query('SELECT 1 / $1::int', [0])).rejects.toThrow('division by zero');
        expect((await db.client.workspace.findUniqueOrThrow({ where: { id: `ws_${i}` } })).name).toBe('b');
      }));
      expect(await db.client.workspace.count()).toBe(30);
    });

    it('undoes the transaction of a client that went away, and goes on with the others', async () => {
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query("INSERT INTO \"Workspace\" (id, name) VALUES ('ws_gone', 'x')");
      const waiting = db.client.workspace.count({ where: { id: 'ws_gone' } });
      client.release(new Error('gone'));
      expect(await waiting).toBe(0);
    });

    it('refuses COPY FROM STDIN, which would end the session of all', async () => {
      await expect(pool.query('COPY "Workspace" FROM STDIN')).rejects.toThrow('not available on the embedded database');
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });

    it('checkpoints when its log has grown, and cleans tables that changed', async () => {
      await pool.query('CREATE TABLE grown (t text)');
      await pool.query("INSERT INTO grown SELECT repeat(md5(i::text), 60) FROM generate_series(1, 40000) i");
      await pool.query('DELETE FROM grown');
      let isCheckpointed = false;
      const cleaned: string[] = [];
      const round = async (): Promise<boolean> => {
        const { checkpointed, vacuumed } = await keepUp(db.client);
        isCheckpointed ||= checkpointed;
        cleaned.push(...vacuumed);
        return checkpointed || vacuumed.length > 0;
      };
      // The count of changed rows is known a second after the statement that changed them.
      await until('both are done', async () => !(await round()) && isCheckpointed && cleaned.includes('public.grown'));
      expect((await pool.query("SELECT pg_relation_size('grown')::int AS bytes")).rows).toEqual([{ bytes: 0 }]);
    });

    it('takes and gives values of many megabytes', async () => {
      const text = 'x'.repeat(8_000_000);
      expect((await pool.query<{ text: string }>('SELECT $1::text AS text', [text])).rows[0]!.text).toBe(text);
    });

    it('refuses a transaction inside a transaction instead of waiting for itself', async () => {
      await expect(db.transaction(() => db.transaction(() => Promise.resolve(1)))).rejects.toThrow('inside another one');
    });

    it('does not hold the event loop while a query runs', async () => {
      let longestMs = 0;
      let last = performance.now();
      const watch = setInterval(() => {
        longestMs = Math.max(longestMs, performance.now() - last);
        last = performance.now();
      }, 1);
      const started = performance.now();
      await pool.query('SELECT count(*) FROM generate_series(1, 4000000)');
      clearInterval(watch);
      expect(longestMs).toBeLessThan((performance.now() - started) / 2);
    });

    it('says DATABASE_UNAVAILABLE after it was closed', async () => {
      await db.ping();
      await db.close();
      await db.close();
      await expect(db.ping()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      await expect(db.transaction((tx) => tx.workspace.count())).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    });
  });
});
