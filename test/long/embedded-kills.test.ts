import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killWhileInserting } from '../support/kill-rounds.js';

it('loses no acknowledged row of the embedded database in 20 kills', { timeout: 600_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ut-kills-'));
  expect(await killWhileInserting(dataDir, 20, 20)).toBeGreaterThan(400);
  rmSync(dataDir, { recursive: true });
});
