import pg from 'pg';
import { afterAll, afterEach, expect, it } from 'vitest';
import { openFirstWall, type OpenedFirstWall } from '../support/open-first-wall.js';
import { onServer, openServerTestDatabase, type TestDatabase } from '../support/test-database.js';
import { needsServer } from './needs-server.js';
import { twoWorkspacesSuite } from './two-workspaces.contract.js';

const url = needsServer();
let opened: TestDatabase | undefined;
let wall: OpenedFirstWall | undefined;

async function environment(): Promise<Readonly<Record<string, string>>> {
  opened = await openServerTestDatabase(url);
  expect(opened.db.hasWall).toBe(true);
  return { DATABASE_URL: opened.db.connectionString };
}

/** Whether policies bind the platform's role, from the next statement on. */
async function bindRole(isBound: boolean): Promise<void> {
  await onServer(url, `ALTER ROLE "${new URL(opened!.db.connectionString).username}" ${isBound ? 'NOBYPASSRLS' : 'BYPASSRLS'}`);
}

twoWorkspacesSuite('two workspaces on a PostgreSQL server, as an ordinary role (needs TEST_DATABASE_URL)', {
  environment,
  isWhole: false,
  more(walked) {
    it('the second wall alone finds and changes nothing: no statement asks for the workspace any more', { timeout: 300_000 }, async () => {
      const before = await walked.othersView();
      wall = openFirstWall(pg.Client);
      expect(await walked.changesOfView(before)).toEqual([]);
      expect(await walked.arguments()).toEqual([]);
      expect(await walked.routes()).toEqual([]);
      expect(await walked.isListOpen()).toBe(false);
      expect(wall.changedCount()).toBeGreaterThan(1000);
      wall.close();
      expect(await walked.changes()).toEqual([]);
    });

    it('without the second wall the same list is open, so that it is the wall that was tried', async () => {
      wall = openFirstWall(pg.Client);
      await bindRole(false);
      expect(await walked.isListOpen()).toBe(true);
      await bindRole(true);
      expect(await walked.isListOpen()).toBe(false);
      wall.close();
      await bindRole(false);
      expect(await walked.isListOpen()).toBe(false);
    });
  },
});
// Also after a test that has failed.
afterEach(() => wall?.close());
// Registered after the suite's own: the platform has let go of the database by then.
afterAll(async () => { await opened?.dispose(); });
