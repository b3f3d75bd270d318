import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { UndertoneError } from '../domain/errors.js';
import { nearestName } from '../domain/nearest-name.js';
import type { AnyPluginFactory, UndertonePlugin } from './contract.js';
import { packageEntry } from './package-entry.js';
import { invalidPlugin } from './plugin-error.js';

/** `[{ "use": "./my-plugin.mjs" | "npm-package" | "built-in name", "settings": {…}, "enabled": false }]`; paths are relative to the file. */
const pluginsFileSchema = z.array(z.strictObject({ use: z.string().min(1), settings: z.unknown().optional(), enabled: z.boolean().default(true) }));
type Entry = z.infer<typeof pluginsFileSchema>[number];

/** Plugins that come with Undertone. They are on unless an entry of the file turns them off. */
export type BuiltInPlugins = ReadonlyMap<string, AnyPluginFactory>;

/** Loads the built-in plugins and what the file names, in its order. PLUGIN_INVALID says which entry is wrong and why. */
export async function loadPlugins(file: string | null, builtIns: BuiltInPlugins = new Map()): Promise<readonly UndertonePlugin[]> {
  const entries = file === null ? [] : await readPluginsFile(file);
  refuseDoubled(entries);
  const unnamed = [...builtIns.keys()].filter((name) => !entries.some((entry) => entry.use === name)).map((use): Entry => ({ use, enabled: true }));
  const plugins: UndertonePlugin[] = [];
  for (const { use, settings } of [...unnamed, ...entries].filter((entry) => entry.enabled)) {
    plugins.push(makePlugin(use, builtIns.get(use) ?? (await importFactory(use, file!, [...builtIns.keys()])), settings));
  }
  return plugins;
}

/** Checks the settings by the factory's schema. The message names each wrong setting, never its value. */
export function makePlugin(use: string, factory: AnyPluginFactory, given: unknown): UndertonePlugin {
  const schema = factory.settings;
  let settings = given;
  if (schema !== undefined) {
    const parsed = schema.safeParse(given ?? {});
    if (!parsed.success) {
      const problems = parsed.error.issues.map((issue) => `${issue.path.length === 0 ? 'settings' : issue.path.map(String).join('.')}: ${issue.message}`);
      throw invalidPlugin(use, 'settings', `has settings that are not valid. ${problems.join('; ')}`, parsed.error);
    }
    settings = parsed.data;
  }
  let plugin: UndertonePlugin;
  try {
    plugin = factory(settings as never);
  } catch (error) {
    if (error instanceof UndertoneError) throw invalidPlugin(use, 'settings', `refused its settings. ${error.message}`, error);
    throw invalidPlugin(use, 'settings', 'refused its settings. See its documentation', error);
  }
  // From a module in plain JavaScript anything may come.
  if (typeof (plugin as Partial<UndertonePlugin> | undefined)?.register !== 'function') throw invalidPlugin(use, 'no-factory', 'makes something without a register function');
  return plugin;
}

async function readPluginsFile(file: string): Promise<readonly Entry[]> {
  try {
    return pluginsFileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new UndertoneError('PLUGIN_INVALID', 'The plugins file cannot be read as a list of { "use", "settings", "enabled" }. See docs/plugins.md.', { fault: 'plugins-file' }, { cause: error });
  }
}

function refuseDoubled(entries: readonly Entry[]): void {
  const doubled = entries.find(({ use }, index) => entries.findIndex((other) => other.use === use) < index);
  if (doubled !== undefined) throw invalidPlugin(doubled.use, 'duplicate', 'is named twice in the plugins file');
}

async function importFactory(use: string, file: string, builtIns: readonly string[]): Promise<AnyPluginFactory> {
  let loaded: { default?: unknown };
  try {
    const isPath = use.startsWith('.') || use.startsWith('/');
    const location = isPath ? resolve(dirname(file), use) : packageEntry(use, resolve(file));
    loaded = (await import(pathToFileURL(location).href)) as { default?: unknown };
  } catch (error) {
    const near = nearestName(use, builtIns);
    throw invalidPlugin(`"${use}"`, 'not-found', `cannot be loaded. Check the path, or install the package${near === null ? '' : `; a built-in one is named ${near}`}`, error);
  }
  if (typeof loaded.default !== 'function') throw invalidPlugin(`"${use}"`, 'no-factory', 'has no default export that makes a plugin');
  return loaded.default as AnyPluginFactory;
}
