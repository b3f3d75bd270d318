import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pluginReference, withReference } from '../../scripts/plugin-reference.mjs';

describe('docs/plugins.md', () => {
  it('holds the reference that the contract gives', () => {
    expect(readFileSync(new URL('../../docs/plugins.md', import.meta.url), 'utf8'), 'run `node scripts/plugin-reference.mjs` and commit it').toBe(withReference());
  });

  it('names what is exported, with its comments, and nothing else', () => {
    const text = pluginReference('/** A thing. */ export interface Thing {\n/** Its name. */\nreadonly name: string; }\ninterface Hidden { x: 1 } export type Kind = "a" | "b";');
    expect(text).toBe('### `Thing`\n\nA thing.\n\n* `name: string` – Its name.\n\n### `Kind`\n\n`"a" | "b"`');
  });

  it('has a tutorial whose plugin keeps the contract', async () => {
    const page = readFileSync(new URL('../../docs/plugins.md', import.meta.url), 'utf8');
    const source = /```js\n(export default[\s\S]*?)```/.exec(page)![1]!;
    const { default: shouting } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as { default: () => { name: string } };
    const { pluginContract } = await import('../../src/plugins/plugin-testing.js');
    for (const { run } of pluginContract(shouting as never, { settings: { limitDbfs: -30 } })) await run();
    expect(shouting().name).toBe('shouting');
  });
});
