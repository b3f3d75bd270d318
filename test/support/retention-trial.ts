import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Database } from '../../src/db/database.js';
import type { Principal } from '../../src/domain/principal.js';
import type { RetentionPolicyRecord } from '../../src/domain/retention.js';
import type { BlobStore } from '../../src/storage/blob-store.js';
import type { RetentionPolicyInput } from '../../src/services/retention.service.js';
import { ADMIN, openWorld, type RetentionWorld } from './retention-world.js';
import { openEmbeddedTestDatabase, type TestDatabase } from './test-database.js';

export interface RetentionTrial {
  readonly db: Database;
  readonly dataDir: string;
  readonly world: RetentionWorld;
  /** An administrator of the workspace of this test. */
  readonly me: Principal;
  /** Archives and deletes whole recordings after a month, those from before too, unless told otherwise; confirmed where that is asked for. */
  setPolicy(changes?: Partial<RetentionPolicyInput>): Promise<RetentionPolicyRecord>;
}

/** Where recordings and archives lie, in place of a folder; told a folder of its own. */
export type RetentionStorage = (temporaryDir: string) => Promise<BlobStore>;

/** For all tests of a `describe`: one database, and an empty workspace for each. */
export function retentionTrial(open: () => Promise<TestDatabase> = openEmbeddedTestDatabase, storage?: RetentionStorage): RetentionTrial {
  let test: TestDatabase;
  let world: RetentionWorld;
  let me = ADMIN;
  let nextWorkspace = 1;
  beforeAll(async () => {
    test = await open();
    const stored = await storage?.(join(test.dataDir, 'storage'));
    world = await openWorld(test.db, join(test.dataDir, 'data'), stored === undefined ? {} : { around: () => stored });
  });
  afterAll(() => test.dispose());
  beforeEach(async () => {
    me = { ...ADMIN, workspaceId: `ws_${nextWorkspace++}` };
    await test.db.client.workspace.create({ data: { id: me.workspaceId, name: 'trial' } });
  });
  return {
    get db() { return test.db; },
    get dataDir() { return test.dataDir; },
    get world() { return world; },
    get me() { return me; },
    async setPolicy(changes = {}) {
      const { retention } = world.retention.services;
      const input: RetentionPolicyInput = { name: 'a month', kind: 'RECORDING', action: 'ARCHIVE_AND_DELETE', keepDays: 30, includeExisting: true, ...changes };
      const asked = await retention.setPolicy(me, input);
      return ('confirmation' in asked ? await retention.setPolicy(me, { ...input, confirmation: asked.confirmation }) : asked) as RetentionPolicyRecord;
    },
  };
}
