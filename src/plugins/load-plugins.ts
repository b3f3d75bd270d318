import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { UndertoneError } from '../domain/errors.js';
import type { PluginFactory, UndertonePlugin } from './contract.js';

/** `[{ "use": "./my-plugin.mjs" | "npm-package", "settings": {…} }]`; paths are relative to the file. */
const pluginsFileSchema = z.array(z.strictObject({ use: z.string().min(1), settings: z.unknown().optional() }));

/** Loads what the plugins file names, in its order. PLUGIN_INVALID says which entry is wrong and why. */
export async function loadPlugins(file: string): Promise<readonly UndertonePlugin[]> {
  const entries = await readPluginsFile(file);
  const plugins: UndertonePlugin[] = [];
  for (const { use, settings } of entries) {
    const factory = await importFactory(use, file);
    try {
      plugins.push(factory(settings));
    } catch (error) {
      throw new UndertoneError('PLUGIN_INVALID', `The plugin "${use}" refused its settings. ${error instanceof UndertoneError ? error.message : 'See its documentation.'}`, { plugin: use }, { cause: error });
    }
  }
  return plugins;
}

async function readPluginsFile(file: string): Promise<z.infer<typeof pluginsFileSchema>> {
  try {
    return pluginsFileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new UndertoneError('PLUGIN_INVALID', 'The plugins file cannot be read as a list of { "use", "settings" }. See docs/plugins.md.', {}, { cause: error });
  }
}

async function importFactory(use: string, file: string): Promise<PluginFactory> {
  let loaded: { default?: unknown };
  try {
    const isPath = use.startsWith('.') || use.startsWith('/');
    const location = isPath ? resolve(dirname(file), use) : createRequire(resolve(file)).resolve(use);
    loaded = (await import(pathToFileURL(location).href)) as { default?: unknown };
  } catch (error) {
    throw new UndertoneError('PLUGIN_INVALID', `The plugin "${use}" cannot be loaded. Check the path, or install the package.`, { plugin: use }, { cause: error });
  }
  if (typeof loaded.default !== 'function') throw new UndertoneError('PLUGIN_INVALID', `The plugin "${use}" has no default export that makes a plugin.`, { plugin: use });
  return loaded.default as PluginFactory;
}
