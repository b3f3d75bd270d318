import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { StatementCache } from '../../src/db/statement-cache.js';
import { eachMessage, messageOf } from '../../src/db/wire-messages.js';
import { openEmbeddedTestDatabase } from '../support/test-database.js';

const SYNC = messageOf('S', Buffer.alloc(0));
const text = (value: string): Buffer => Buffer.from(value, 'latin1');
/** What node-postgres sends for one statement with parameters. */
function exchangeOf(sql: string, { statement = '', describe = 'P' } = {}): Buffer {
  return Buffer.concat([
    messageOf('P', text(`${statement}\0${sql}\0\0\0`)), messageOf('B', text(`\0${statement}\0\0\0\0\0\0\0`)), messageOf('D', text(`${describe}\0`)), messageOf('E', text('\0\0\0\0\0')), SYNC,
  ]);
}
const summary = (bytes: Buffer): string[] => [...eachMessage(bytes)].map(({ type, body }) => `${type}:${body.toString('latin1').replaceAll('\0', '|')}`);

describe('the cache of statements', () => {
  it('leaves a text alone that comes once, names it the second time, and leaves its Parse out after that', () => {
    const cache = new StatementCache();
    expect(cache.rewrite(exchangeOf('SELECT $1'))).toBeNull();
    const second = cache.rewrite(exchangeOf('SELECT $1'))!;
    expect(second.isPrepared).toBe(false);
    expect(summary(second.bytes)).toEqual(['P:undertone_1|SELECT $1|||', 'B:|undertone_1|||||||', 'D:P|', 'E:|||||', 'S:']);
    second.keep();
    const third = cache.rewrite(exchangeOf('SELECT $1', { describe: 'S' }))!;
    expect(third.isPrepared).toBe(true);
    expect(summary(third.bytes)).toEqual(['B:|undertone_1|||||||', 'D:Sundertone_1|', 'E:|||||', 'S:']);
  });

  it('prepares again what the session refused', () => {
    const cache = new StatementCache();
    for (let i = 0; i < 3; i++) cache.rewrite(exchangeOf('SELECT wrong'));
    expect(cache.rewrite(exchangeOf('SELECT wrong'))?.isPrepared ?? false).toBe(false);
  });

  it("leaves a client's own named statements, simple queries and longer conversations alone", () => {
    const cache = new StatementCache();
    const two = Buffer.concat([messageOf('P', text('\0SELECT 1\0\0\0')), messageOf('P', text('\0SELECT 2\0\0\0')), SYNC]);
    for (const exchange of [exchangeOf('SELECT 1', { statement: 'mine' }), messageOf('Q', text('SELECT 1\0')), two]) {
      for (let i = 0; i < 3; i++) expect(cache.rewrite(exchange)).toBeNull();
    }
  });

  it('stops naming at its bound, so that texts without end do not fill the session', () => {
    const cache = new StatementCache();
    for (let i = 0; i < 1000; i++) {
      cache.rewrite(exchangeOf(`SELECT ${i}`));
      cache.rewrite(exchangeOf(`SELECT ${i}`))!.keep();
    }
    cache.rewrite(exchangeOf('SELECT one more'));
    expect(cache.rewrite(exchangeOf('SELECT one more'))).toBeNull();
    expect(cache.rewrite(exchangeOf('SELECT 999'))?.isPrepared).toBe(true);
  });
});

describe('statements that many clients repeat', () => {
  it('give each client its own rows, before and after a change of the table, inside a transaction and after an error', async () => {
    const opened = await openEmbeddedTestDatabase();
    const { db } = opened;
    const clients = await Promise.all([1, 2, 3].map(async () => {
      const client = new pg.Client({ connectionString: db.connectionString });
      await client.connect();
      return client;
    }));
    try {
      await clients[0]!.query('CREATE TABLE counted (id int PRIMARY KEY, word text)');
      const rounds = Array.from({ length: 30 }, (_, i) => i);
      await Promise.all(rounds.map((i) => clients[i % 3]!.query('INSERT INTO counted VALUES ($1, $2)', [i, `word ${i}`])));
      const read = (i: number): Promise<unknown> => clients[i % 3]!.query('SELECT word FROM counted WHERE id = $1', [i]).then(({ rows }) => (rows as { word: string }[])[0]?.word);
      const expected = rounds.map((i) => `word ${i}`);
      expect(await Promise.all(rounds.map(read))).toEqual(expected);
      await clients[1]!.query('CREATE INDEX counted_word ON counted (word)');
      expect(await Promise.all(rounds.map(read))).toEqual(expected);
      await clients[2]!.query('BEGIN');
      await expect(clients[2]!.query('INSERT INTO counted VALUES ($1, $2)', [1, 'again'])).rejects.toThrow(/duplicate/);
      await expect(read(2)).rejects.toThrow(/aborted/);
      await clients[2]!.query('ROLLBACK');
      expect(await Promise.all(rounds.map(read))).toEqual(expected);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
      await opened.dispose();
    }
  });
});
